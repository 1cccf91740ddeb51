// 每一行故障：在一边（sides.js）上先准备，再做同一件事。返回 wx 的结果，或者一段文字。
import { texts } from '../../texts/index'
import { setFaults } from '../../utils/simulator'
import { arm } from '../../utils/trap'

const t = texts.break
const HOME = { path: '/phone/request', url: '/user/home', times: 1 }
const REFUSED = { kind: 'fail', errMsg: 'request:fail errcode:-102 cronet_error_code:-102 error_msg:net::ERR_CONNECTION_REFUSED', errno: 600001 }
const EXCHANGE = '/sns/jscode2session'

const alive = () => new Promise((resolve) => wx.checkSession({ success: () => resolve(t.sessionLive), fail: () => resolve(t.sessionDead) }))

// 带着一个故障做 act。教程的代码要在点击的同一轮里问用户，所以先开始，趁弹窗还开着再放故障。
function under(side, rule, act) {
  if (!side.asksUser) return setFaults([rule]).then(act)
  const answer = act()
  return setFaults([rule]).then(() => answer)
}

export const ACTS = {
  cold(side) {
    side.forget()
    return side.several(3)
  },

  revoked: (side) => side.signIn().then(side.revoke).then(() => side.home()),

  session: (side) => side.signIn()
    .then(() => setFaults([{ path: '/phone/checkSession', times: 1, kind: 'sessionExpired' }]))
    .then(alive)
    .then(side.launch)
    .then(() => side.home())
    .then((res) => alive().then((text) => `HTTP ${res.statusCode}, ${text}`)),

  slow: (side) => side.signIn()
    .then(() => setFaults([Object.assign({ kind: 'slow', delayMs: 1500 }, HOME)]))
    .then(() => side.home({ timeout: 1000 })),

  down: (side) => side.signIn().then(() => setFaults([Object.assign({}, REFUSED, HOME)])).then(() => side.home()),

  wechat(side) {
    side.forget()
    return under(side, { path: EXCHANGE, kind: 'errcode', errcode: -1 }, () => side.home())
  },

  code(side) {
    side.forget()
    return under(side, { path: EXCHANGE, times: 1, kind: 'errcode', errcode: 40029 }, () => side.home())
  },

  logout(side) {
    side.forget()
    return side.logoutAmong()
      // 登录的回答还在路上，等它到。
      .then((text) => new Promise((resolve) => setTimeout(() => resolve(text), 500)))
      .then((text) => `${text}, ${t.after}${side.signedIn() ? t.signedIn : t.signedOut}`)
  },

  storage: (side) => {
    side.corrupt()
    side.launch()
    return side.home()
  },

  trap: (side) => side.signIn().then(() => {
    arm()
    return side.home().then(() => '', (error) => error.code).then((code) => side.home().then((res) => `${code}, HTTP ${res.statusCode}`))
  }),
}
