// 后端地址。真机调试和上线时换成自己的 https 域名，并在小程序后台登记。
export const baseUrl = 'http://127.0.0.1:3000'
