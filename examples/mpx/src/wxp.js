import { createWxp } from 'miniprogram-login'

export const wxp = createWxp({
  baseUrl: 'https://api.example.com',
  login: { url: '/user/weixin-login' },
})
