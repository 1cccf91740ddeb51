// 记下谁调用了谁：包一层 wx，再加上 SDK 的 log 选项和页面自己的调用。时序页把它画出来。
const KEPT = 80
const TO = { login: 'wechat', checkSession: 'wechat', getUserProfile: 'wechat', request: 'server', uploadFile: 'server' }

const calls = []
const listeners = []
// 只用来给令牌编号：页面上永远只有 #1、#2，没有令牌本身。
const tokens = []
let count = 0

const changed = () => listeners.forEach((listener) => listener())

function begin(from, to, text, token) {
  count += 1
  const call = { id: count, from, to, text, token: token || '', at: Date.now(), ms: -1, ok: true, said: '' }
  calls.push(call)
  if (calls.length > KEPT) calls.shift()
  changed()
  return call
}

function end(call, ok, said) {
  call.ms = Date.now() - call.at
  call.ok = ok
  call.said = said
  changed()
}

function tokenOf(header) {
  const value = header && header.Authorization
  if (!value) return ''
  if (tokens.indexOf(value) < 0) tokens.push(value)
  return `#${tokens.indexOf(value) + 1}`
}

function textOf(api, { method, url }) {
  if (TO[api] === 'wechat') return `wx.${api}`
  const path = url.replace(/^https?:\/\/[^/]+/, '').replace(/\?.*/, '')
  return `${api === 'uploadFile' ? 'POST' : method || 'GET'} ${path}`
}

function watched(api) {
  return (options) => {
    const call = begin('sdk', TO[api], textOf(api, options), tokenOf(options.header))
    const over = (ok, then) => (res) => {
      const status = res && res.statusCode
      end(call, ok && !(status >= 400), status ? `${status}` : ok ? '' : 'fail')
      if (then) then(res)
    }
    return wx[api](Object.assign({}, options, { success: over(true, options.success), fail: over(false, options.fail) }))
  }
}

// 其余的一切都还是 wx 自己的。
export const traced = Object.create(wx)
Object.keys(TO).forEach((api) => Object.defineProperty(traced, api, { value: watched(api) }))

// SDK 的 log 选项：每一步用了多久，怎么结束的。
export function note({ stage, ms, error }) {
  const call = begin('sdk', 'sdk', stage)
  call.at -= ms
  end(call, !error, error ? error.code : '')
}

// 页面对 SDK 的一次调用。run 立刻执行，所以点击态还在。
export function asked(text, run) {
  const call = begin('app', 'sdk', text)
  const promise = run()
  promise.then(() => end(call, true, ''), (error) => end(call, false, error.code || error.name))
  return promise
}

export const trace = {
  calls,
  clear() {
    calls.length = 0
    changed()
  },
  on: (listener) => listeners.push(listener),
  off: (listener) => listeners.splice(listeners.indexOf(listener), 1),
  // 从某个时刻起的调用
  since: (id) => calls.filter((call) => call.id > id),
  last: () => count,
}
