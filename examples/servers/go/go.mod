module example.com/miniprogram-login-server

go 1.19
