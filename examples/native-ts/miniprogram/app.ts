import { createWxp } from 'miniprogram-login'

App<IAppOption>({
  wxp: createWxp({
    baseUrl: 'https://api.example.com',
    login: { url: '/user/weixin-login' },
  }),
})
