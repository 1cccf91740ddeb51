import { dataOf } from '../../utils/answer'
import { page } from '../../utils/page'
import { texts } from '../../texts/index'

const t = texts.home
const TEN = ['andying', 'eva', '小明', '小红', '李雷', '韩梅梅', 'tom', 'lucy', '大伟', '阿珍']
// 令牌一共有多长的寿命，记在这里，重启以后进度条还是对的。
const LIFE_KEY = 'demo-token-life'

const two = (n) => (n < 10 ? `0${n}` : `${n}`)
function clock(ms) {
  const at = new Date(ms)
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')
}
const duration = (seconds) => [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':')

Page(page('home', {
  data: {
    session: { status: 'loading', label: t.status.loading, detail: '' },
    life: null,
    names: [],
    events: [],
  },

  onLoad() {
    this.wxp = getApp().wxp
    this.eventCount = 0
    this.listeners = Object.keys(t.events).map((name) => [name, (detail) => this.onSession(name, detail)])
    this.listeners.forEach(([name, listener]) => this.wxp.on(name, listener))
    // 这里没有调用 wxp.ensureLogin()：本页要演示的正是“十个请求同时发出，只登录一次”，
    // 登录应由第一个请求触发。要用户资料的页面请像 pages/me 那样在 onLoad 里调用。
    this.wxp.ready.then(() => this.showSession(), (error) => this.fail(error))
  },

  onShow() {
    this.showSession()
    this.timer = setInterval(() => this.showLife(), 1000)
  },

  onHide() {
    clearInterval(this.timer)
  },

  onUnload() {
    clearInterval(this.timer)
    this.listeners.forEach(([name, listener]) => this.wxp.off(name, listener))
  },

  onSession(name, detail) {
    if (name === 'login' && detail.expiresAt) wx.setStorageSync(LIFE_KEY, detail.expiresAt - Date.now())
    const text = name === 'error' ? `${t.events.error}: ${detail.error.code}` : t.events[name]
    this.eventCount += 1
    const event = { id: this.eventCount, at: clock(Date.now()), name, text }
    this.setData({ events: [event].concat(this.data.events).slice(0, 5) })
    if (name === 'logout') this.setData({ names: [] })
    this.showSession()
  },

  showSession() {
    const { status, generation } = this.wxp.session
    const detail = status === 'active' ? `${t.session}${generation}` : t.idle
    this.setData({ session: { status, label: t.status[status], detail } })
    this.showLife()
  },

  showLife() {
    const { status, expiresAt } = this.wxp.session
    if (status !== 'active' || !expiresAt) return this.setData({ life: null })
    const left = Math.max(0, expiresAt - Date.now())
    const percent = Math.min(100, Math.round(left / (wx.getStorageSync(LIFE_KEY) || left || 1) * 100))
    this.setData({ life: { percent, text: t.left + duration(Math.round(left / 1000)) } })
  },

  request1() {
    this.home('request1', '/user/home?name=andying')
  },

  request2() {
    this.home('request2', '/user/home?name=eva')
  },

  home(button, url) {
    const call = () => this.ask({ url }).then((res) => this.setData({ names: [dataOf(res).name] }))
    this.run(button, call).then(() => this.showSession())
  },

  tenAtOnce() {
    this.setData({ names: [] })
    const ten = () => Promise.all(TEN.map((name) => this.ask({ url: '/user/home', data: { name } })))
    this.run('ten', () => ten().then((all) => this.setData({ names: all.map((res) => dataOf(res).name) })))
      .then(() => this.showSession())
  },
}))
