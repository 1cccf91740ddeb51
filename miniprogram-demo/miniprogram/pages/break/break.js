import { page } from '../../utils/page'
import { texts } from '../../texts/index'
import { clearFaults } from '../../utils/simulator'
import { trace } from '../../utils/trace'
import { ACTS } from './acts'
import { sdk, tutorial } from './sides'

const t = texts.break
const SIDES = { sdk, tutorial }
const POLL = 250
const HANGS_AFTER = 3000

const rows = Object.keys(t.acts).map((id) => {
  const [title, expectedSdk, expectedTutorial] = t.acts[id]
  return { id, title, sides: [
    { side: 'sdk', label: t.sdk, expected: t.expected + expectedSdk },
    { side: 'tutorial', label: t.tutorial, expected: t.expected + expectedTutorial },
  ] }
})

// 把结果说成一句话。works：页面拿到了回答，或者一个知道怎么办的错误。
function outcome(res) {
  if (typeof res === 'string') return { text: res, works: !/undefined/.test(res) && res.indexOf(t.signedIn) < 0 && res.indexOf(t.sessionDead) < 0 }
  if (res === undefined) return { text: t.undefined, works: false }
  if (Array.isArray(res)) return { text: res.map((one) => `HTTP ${one.statusCode}`).join(' '), works: true }
  return { text: `HTTP ${res.statusCode}`, works: res.statusCode === 200 }
}
const failure = (error) => ({ text: error.code ? `${error.code}${error.retryable ? ', retryable' : ''}` : error.message, works: !!error.code })

// 用户在看弹窗的时候不算在等。
function orHangs(promise, since) {
  return new Promise((resolve) => {
    let quiet = 0
    const timer = setInterval(() => {
      const asking = trace.since(since).some((call) => call.text === 'wx.getUserProfile' && call.ms < 0)
      quiet = asking ? 0 : quiet + POLL
      if (quiet > HANGS_AFTER) over({ text: t.hang, works: false })
    }, POLL)
    function over(result) {
      clearInterval(timer)
      resolve(result)
    }
    promise.then((res) => over(outcome(res)), (error) => over(failure(error)))
  })
}

Page(page('break', {
  data: { rows, results: {}, busy: '' },

  onLoad() {
    // “拒绝授权”一行在点击的同一轮里就要有会话。
    this.wxp = getApp().wxp
    this.wxp.ensureLogin().catch(() => {})
  },

  act({ currentTarget }) {
    const { id, side: name } = currentTarget.dataset
    const key = `${id}-${name}`
    if (this.data.busy) return
    this.setData({ busy: key, [`results.${key}`]: null })
    const since = trace.last()
    const begun = Date.now()
    let side
    const play = () => {
      if (id === 'trap' && name === 'tutorial') return Promise.resolve(t.noWasm)
      // 要在点击的同一轮里问用户，所以不先准备什么。
      if (id === 'consent' && name === 'sdk') return this.wxp.loginWithProfile({ desc: texts.me.desc })
      side = SIDES[name]()
      if (id !== 'consent') return ACTS[id](side)
      side.forget()
      return side.home()
    }
    orHangs(play(), since).then((result) => clearFaults().then(() => {
      if (side) side.end()
      const calls = trace.since(since).map((call) => call.text)
      const number = (text) => calls.filter((one) => one === text).length
      const counts = `${number('wx.getUserProfile')} ${t.popups} · ${number('wx.login')} ${t.logins} · ${Date.now() - begun} ms`
      this.setData({ busy: '', [`results.${key}`]: Object.assign({ counts }, result) })
    }))
  },
}))
