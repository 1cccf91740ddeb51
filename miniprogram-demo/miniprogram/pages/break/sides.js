// 同一件事的两边：用 SDK 的，和用教程原代码的。
import { baseUrl } from '../../config'
import { createTutorial } from '../../tutorial/login'
import { launch } from '../../utils/launch'
import { traced } from '../../utils/trace'

const KEY = 'demo-break'
const HOME = '/user/home?name=break'

// 让服务器吊销令牌，而手机并不知道。
const revoke = (token) => new Promise((resolve, reject) => wx.request({
  url: `${baseUrl}/user/logout`, method: 'POST', header: { Authorization: `Bearer ${token}` }, success: resolve, fail: reject,
}))

const several = (number, call) => Promise.all(Array.from({ length: number }, call))

// 每次都像小程序重新启动：新的 wxp，自己的存储键。
export function sdk() {
  let wxp
  const side = {
    launch() {
      if (wxp) wxp.dispose()
      wxp = launch({ storage: { key: KEY } })
      return wxp
    },
    home: (more) => wxp.requestNeedLogin(Object.assign({ url: HOME }, more)),
    several: (number) => several(number, () => side.home()),
    forget() {
      wx.removeStorageSync(KEY)
      side.launch()
    },
    signIn: () => wxp.ensureLogin(),
    revoke: () => wxp.getToken().then(revoke),
    corrupt: () => wx.setStorageSync(KEY, { v: 1, token: { broken: true } }),
    // 十个请求发出，登录已经开始，这时退出。
    logoutAmong() {
      const all = Array.from({ length: 10 }, () => side.home().catch((error) => error.code))
      setTimeout(() => wxp.logout())
      // 十个都一样就只说一次。
      return Promise.all(all).then((codes) => `10 × ${codes.filter((code, index) => codes.indexOf(code) === index).join(' / ')}`)
    },
    signedIn: () => wxp.session.status === 'active' || !!wx.getStorageSync(KEY),
    end: () => wxp && wxp.dispose(),
  }
  side.launch()
  return side
}

export function tutorial() {
  // 登录途中要做的事，给退出那一行用。
  let during = () => {}
  const watched = Object.create(traced, {
    login: { value: (options) => {
      during()
      return traced.login(options)
    } },
  })
  const wxp = createTutorial(watched, baseUrl)
  const side = {
    asksUser: true,
    launch() {},
    home: (more) => wxp.requestNeedLogin(Object.assign({ url: baseUrl + HOME }, more)),
    several: (number) => several(number, () => side.home()),
    forget: () => wx.removeStorageSync('token'),
    signIn() {
      side.forget()
      return side.home()
    },
    revoke: () => revoke(wx.getStorageSync('token')),
    corrupt: () => wx.setStorageSync('token', { broken: true }),
    // 教程的“退出”：删掉令牌。十个请求会弹十次窗，所以只发一个。
    logoutAmong() {
      during = () => setTimeout(side.forget)
      return side.home().then((res) => `HTTP ${res.statusCode}`)
    },
    signedIn: () => !!wx.getStorageSync('token'),
    end() {},
  }
  return side
}
