const { createWxp } = require('miniprogram-login')

module.exports = createWxp({
  baseUrl: 'https://api.example.com',
  login: { url: '/user/weixin-login' },
  wasmPath: '/orders/miniprogram_npm/miniprogram-login/miniprogram_login.wasm.br',
})
