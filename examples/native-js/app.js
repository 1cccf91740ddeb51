const { createWxp } = require('miniprogram-login')

App({
  wxp: createWxp({
    baseUrl: 'https://api.example.com',
    login: { url: '/user/weixin-login' },
  }),
})
