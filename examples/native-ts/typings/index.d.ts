interface IAppOption {
  wxp: import('miniprogram-login').Wxp
}
