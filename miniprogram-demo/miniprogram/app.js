import { createWxp } from 'miniprogram-login'
import { baseUrl } from './config'

const wxp = createWxp({
  baseUrl,
  login: { url: '/user/weixin-login' },
  profile: { url: '/user/profile' },
  phone: { url: '/user/phone' },
  logout: { url: '/user/logout' },
})

App({ wxp })
