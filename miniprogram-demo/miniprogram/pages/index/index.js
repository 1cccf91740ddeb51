import { dataOf, describe } from '../../utils/answer'

const TEN = ['andying', 'eva', '小明', '小红', '李雷', '韩梅梅', 'tom', 'lucy', '大伟', '阿珍']
const STATUS = { loading: '加载中', none: '未登录', 'logging-in': '登录中', active: '已登录' }
const EVENTS = { login: '登录成功', logout: '已退出登录', expired: '登录已过期', error: '出错' }

const two = (n) => (n < 10 ? `0${n}` : `${n}`)
function clock(ms) {
  const t = new Date(ms)
  return [t.getHours(), t.getMinutes(), t.getSeconds()].map(two).join(':')
}

Page({
  data: {
    session: { status: 'loading', label: STATUS.loading, detail: '' },
    user: null,
    busy: '',
    names: [],
    error: null,
    events: [],
  },

  onLoad() {
    this.wxp = getApp().wxp
    this.eventCount = 0
    this.listeners = Object.keys(EVENTS).map((name) => [name, (detail) => this.onSession(name, detail)])
    this.listeners.forEach(([name, listener]) => this.wxp.on(name, listener))
    // 这里没有调用 wxp.ensureLogin()：本页要演示的正是“十个请求同时发出，只登录一次”，
    // 登录应由第一个请求触发。只有资料按钮的页面请像 pages/phone 那样在 onLoad 里调用。
    this.showSession()
    this.wxp.ready.then(() => this.showSession(), (error) => this.fail(error))
  },

  onUnload() {
    this.listeners.forEach(([name, listener]) => this.wxp.off(name, listener))
  },

  onSession(name, detail) {
    const text = name === 'error' ? `${EVENTS.error}：${detail.error.code}` : EVENTS[name]
    this.eventCount += 1
    const event = { id: this.eventCount, at: clock(Date.now()), name, text }
    const events = [event, ...this.data.events].slice(0, 5)
    this.setData(name === 'logout' ? { events, user: null, names: [] } : { events })
    this.showSession()
  },

  showSession() {
    const { status, expiresAt, generation } = this.wxp.session
    const until = expiresAt ? ` · 有效至 ${clock(expiresAt)}` : ''
    const detail = status === 'active' ? `会话 #${generation}${until}` : '第一个需要登录的请求会自动登录'
    this.setData({ session: { status, label: STATUS[status], detail } })
  },

  // 运行一个动作：按钮转圈，结束后显示结果或错误。
  run(name, promise) {
    this.setData({ busy: name, error: null })
    this.showSession()
    return promise
      .catch((error) => this.fail(error))
      .then(() => {
        this.setData({ busy: '' })
        this.showSession()
      })
  },

  fail(error) {
    this.setData({ error: describe(error) })
  },

  request1() {
    this.home('request1', '/user/home?name=andying')
  },

  request2() {
    this.home('request2', '/user/home?name=eva')
  },

  home(button, url) {
    const answer = this.wxp.requestNeedLogin({ url })
    this.run(button, answer.then((res) => {
      const { name, user } = dataOf(res)
      this.setData({ names: [name], user })
    }))
  },

  tenAtOnce() {
    this.setData({ names: [] })
    const answers = TEN.map((name) => this.wxp.requestNeedLogin({ url: '/user/home', data: { name } }))
    this.run('ten', Promise.all(answers).then((all) => this.setData({ names: all.map((res) => dataOf(res).name) })))
  },

  // wx.getUserProfile 只能在点击的同一轮里调用，所以 loginWithProfile 之前不能有 await。
  getUserProfile() {
    const answer = this.wxp.loginWithProfile({ desc: '用于完善会员资料', lang: 'zh_CN' })
    this.run('profile', answer.then((res) => this.setData({ user: dataOf(res).userInfo })))
  },

  openPhone() {
    this.wxp.navigateTo({ url: '/pages/phone/phone' })
  },

  logout() {
    this.run('logout', this.wxp.logout())
  },
})
