import { createWxp } from 'miniprogram-login'
import { baseUrl } from '../config'
import { note, traced } from './trace'
import { trappable } from './trap'

// 自己的小程序里，前五行就够了。wx、log、WXWebAssembly 三个选项只为演示：画时序图，制造 WASM 的崩溃。
const OPTIONS = {
  baseUrl,
  login: { url: '/user/weixin-login' },
  profile: { url: '/user/profile' },
  phone: { url: '/user/phone' },
  logout: { url: '/user/logout' },
  wx: traced,
  log: note,
  WXWebAssembly: trappable,
}

// “故障”页用 more 启动另一个互不干扰的 wxp，好像小程序又启动了一次。
export const launch = (more) => createWxp(Object.assign({}, OPTIONS, more))
