// An app that names nothing of wx itself: what is wrong where the types of wx are missing is then
// the package's to say.
import { createWxp } from 'miniprogram-login'

const wxp = createWxp({ baseUrl: 'https://api.example.com', login: { url: '/user/weixin-login' } })
export const home = wxp.requestNeedLogin({ url: '/user/home' })
