import { page } from '../../utils/page'
import { texts } from '../../texts/index'
import { trace } from '../../utils/trace'

const t = texts.timeline
const LANES = ['app', 'sdk', 'wechat', 'server']
// 每条生命线在四等分的正中。
const middle = (actor) => 12.5 + 25 * LANES.indexOf(actor)

function rowOf({ id, from, to, text, token, ms, ok, said }) {
  const time = ms < 0 ? '…' : `${ms} ms`
  const words = [text, token, said, time].filter(Boolean).join(' · ')
  const left = middle(from)
  return { id, words, kind: from === to ? 'note' : to, state: ok ? 'ok' : 'bad', left, width: middle(to) - left }
}

function countsOf(calls) {
  const number = (test) => calls.filter(test).length
  const tokens = calls.map((call) => call.token).filter((token, index, all) => token && all.indexOf(token) === index)
  const numbers = [
    number(({ to, token }) => to === 'server' && token),
    number(({ text }) => text === 'wx.login'),
    number(({ text }) => text === 'POST /user/weixin-login'),
    tokens.length,
  ]
  return numbers.map((value, index) => ({ value, label: t.counts[index] }))
}

Page(page('timeline', {
  data: { rows: [], counts: [] },

  onShow() {
    this.draw = () => {
      // 一连串的调用只画一次。
      clearTimeout(this.timer)
      this.timer = setTimeout(() => this.setData({ rows: trace.calls.map(rowOf), counts: countsOf(trace.calls) }), 50)
    }
    trace.on(this.draw)
    this.draw()
  },

  onHide() {
    clearTimeout(this.timer)
    trace.off(this.draw)
  },

  ten() {
    const { wxp } = getApp()
    this.run('ten', () => wxp.logout().then(() => {
      trace.clear()
      return Promise.all(Array.from({ length: 10 }, (_, index) => this.ask({ url: `/user/home?name=${index + 1}` })))
    }))
  },

  clear() {
    trace.clear()
  },
}))
