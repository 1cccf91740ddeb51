// In an engine: what requests, logins and a start cost, by hand and with the package, as JSON.
import { createWx, HOME } from '../bench/wx.js'
import { env, keepAlive, now, print, readBytes, readText } from 'clock'

if (typeof queueMicrotask === 'undefined') {
  const resolved = Promise.resolve()
  globalThis.queueMicrotask = run => { resolved.then(run) }
}

const ROUNDS = 31
const IN_A_ROW = { relative: 100, absolute: 100, login: 10 }

/** A CommonJS file, without timers: none is due in what is measured. */
function evaluate(file) {
  const module = { exports: {} }
  new Function('module', 'exports', 'setTimeout', 'clearTimeout', readText(file))(module, module.exports, () => 1, () => {})
  return module.exports
}

const SUBJECTS = {
  handwritten(wx) {
    const client = evaluate(env.handwritten).createClient({ wx, baseUrl: HOME, loginUrl: HOME + '/user/weixin-login' })
    return { ready: () => {}, request: url => client.request({ url }), login: () => client.login(), logout: () => client.logout() }
  },
  ours: (wx, more) => {
    const WXWebAssembly = { instantiate: (path, imports) => WebAssembly.instantiate(more.bytes, imports) }
    return wxpOf({ wx, WXWebAssembly })
  },
  fallback: wx => {
    const WXWebAssembly = { instantiate() { throw new Error('refused') } }
    return wxpOf({ wx, WXWebAssembly, fallback: evaluate(env.fallback) })
  },
}
SUBJECTS['handwritten again'] = SUBJECTS.handwritten

function wxpOf(own) {
  const wxp = evaluate(env.pkg).createWxp({ baseUrl: HOME, login: { url: '/user/weixin-login' }, ...own })
  return { ready: () => wxp.ready, request: url => wxp.requestNeedLogin({ url }), login: () => wxp.ensureLogin(), logout: () => wxp.logout() }
}

const start = (kind, storage, wx = createWx(storage)) => SUBJECTS[kind](wx, { bytes: kind === 'ours' && readBytes(env.module) })

const MEASURES = {
  relative: one => one.request('/user/home?name=andying'),
  absolute: one => one.request(HOME + '/user/home?name=andying'),
  login: async one => {
    await one.logout()
    await one.login()
  },
}

/** All subjects in this process, interleaved; µs each, a sample a round. */
async function warm(kinds) {
  const subjects = kinds.map(kind => ({ kind, one: start(kind, new Map()) }))
  for (const { one } of subjects) await one.ready()
  const samples = {}
  for (const [measure, run] of Object.entries(MEASURES)) {
    samples[measure] = Object.fromEntries(kinds.map(kind => [kind, []]))
    for (let round = -5; round < ROUNDS; round++) {
      for (let i = 0; i < subjects.length; i++) {
        const { kind, one } = subjects[(i + round + 5) % subjects.length]
        const began = now()
        for (let n = 0; n < IN_A_ROW[measure]; n++) await run(one)
        const took = (now() - began) * 1000 / IN_A_ROW[measure]
        if (round >= 0) samples[measure][kind].push(took)
      }
    }
  }
  return samples
}

/** What a subject stores when it has logged in. */
async function stored(kind) {
  const storage = new Map(), one = start(kind, storage)
  await one.ready()
  await one.login()
  return [...storage]
}

/** From evaluating the code to the first request with a stored token, ms. */
function cold(kind, storage) {
  const wx = createWx(new Map(storage))
  const bytes = kind === 'ours' && readBytes(env.module)
  return new Promise((resolve, reject) => {
    wx.onRequest = ({ header }) => header && header.Authorization ? resolve(now() - began) : reject(new Error('the stored token was not sent'))
    const began = now()
    SUBJECTS[kind](wx, { bytes }).request('/user/home?name=andying')
  })
}

const done = keepAlive()
const { measure, kind, kinds, storage } = env
const result = measure === 'warm' ? warm(kinds) : measure === 'stored' ? stored(kind) : cold(kind, storage)
result.then(value => print('result ' + JSON.stringify(value)), e => print('failed ' + (e && e.stack || e))).then(done)
