const { createWxp } = require('miniprogram-login')

module.exports = createWxp({
  baseUrl: 'https://api.example.com',
  login: { url: '/user/weixin-login' },
  // From the root of the plugin, without a slash.
  wasmPath: 'miniprogram_npm/miniprogram-login/miniprogram_login.wasm.br',
})
