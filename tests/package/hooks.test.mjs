// Options that are functions, events and log entries.
import assert from 'node:assert/strict'
import { answer } from './backend.mjs'
import { once, plain, scenario } from './scenario.mjs'
import { fails, throws } from './wx.mjs'

const LOGIN = '/user/weixin-login'
const bug = () => { throw new Error('a bug of the app') }
const rejects = s => () => s.sandbox.global.Promise.reject(new Error('a bug of the app'))

for (const [how, body] of [['sync', ({ code }) => ({ js_code: code, app: 'demo' })], ['async', async ({ code }) => ({ js_code: code, app: 'demo' })]]) {
  scenario(`login.body, ${how}, makes the body of the exchange`, async s => {
    s.backend.will(LOGIN, ({ data }) => s.backend.exchange(data.js_code))
    const wxp = await s.start({ login: { url: LOGIN, body } })
    await s.ok(wxp.ensureLogin())
    assert.deepEqual(Object.keys(s.backend.to(LOGIN)[0].data), ['js_code', 'app'])
  })
}

for (const [how, readToken] of [
  ['a string', res => res.data.jwt],
  ['a promise of a string', async res => res.data.jwt],
  ['an object', res => ({ token: res.data.jwt, expiresIn: 600 })],
  ['a promise of an object', async res => ({ token: res.data.jwt, expiresIn: 600 })],
]) {
  scenario(`login.readToken gives ${how}`, async s => {
    const jwt = s.backend.secret('token')
    s.backend.tokens.set(jwt, Infinity)
    s.backend.always(LOGIN, answer(201, { jwt }))
    const wxp = await s.start({ login: { url: LOGIN, readToken } })
    assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
    assert.equal(await s.ok(wxp.getToken()), jwt)
    assert.equal(wxp.session.expiresAt !== null, how.includes('object'))
  })
}

for (const value of [undefined, null, '', 5, {}, { token: '' }, 'with space']) {
  once(`login.readToken that gives ${JSON.stringify(value)} is a bad answer`, async s => {
    const wxp = await s.start({ login: { url: LOGIN, readToken: () => value } })
    await s.rejected(wxp.ensureLogin(), 'exchange_bad_answer', 'exchange')
  })
}

for (const [name, how, hook] of [
  ['body', 'throws', () => bug], ['body', 'rejects', rejects],
  ['readToken', 'throws', () => bug], ['readToken', 'rejects', rejects],
]) {
  scenario(`login.${name} that ${how} is hook_failed, and does not cause a login for each request`, async s => {
    const wxp = await s.start({ login: { url: LOGIN, [name]: hook(s) } })
    for (let i = 1; i <= 5; i++) {
      const error = await s.rejected(wxp.requestNeedLogin(s.home()), 'hook_failed', 'exchange')
      assert.ok(error.message.includes(`login.${name}`) && error.message.includes('a bug of the app'), error.message)
      assert.equal(s.logins, Math.min(i, 2))
    }
  })
}

scenario('login.body that never settles ends at the deadline', async s => {
  const wxp = await s.start({ login: { url: LOGIN, body: () => new Promise(() => {}) } })
  await s.rejected(wxp.ensureLogin(), 'login_timeout')
})

once('login.header goes with the exchange, and is not changed', async s => {
  await s.active({ login: { url: LOGIN, header: { 'X-Client': 'demo' } } })
  assert.equal(s.backend.to(LOGIN)[0].header['x-client'], 'demo')
})

once('login.url may be absolute', async s => {
  await s.active({ login: { url: 'https://api.example.com/user/weixin-login' } })
  assert.equal(s.exchanges, 1)
})

scenario('isUnauthorized replaces the default', async s => {
  const wxp = await s.active({ isUnauthorized: res => res.data.code === 1001 })
  await s.ok(wxp.requestNeedLogin(s.home()))
  s.backend.will('/user/home', answer(200, { code: 1001 }))
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).data.code, 200)
  assert.equal(s.logins, 2)
  s.backend.will('/user/home', answer(401, { code: 5 }))
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 401)
  assert.equal(s.logins, 2)
})

scenario('isUnauthorized that throws says no, and the first time is told', async s => {
  const wxp = await s.active({ isUnauthorized: bug })
  for (let i = 0; i < 2; i++) assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  const [{ error }, ...more] = s.events.filter(event => event.type === 'error')
  assert.equal(error.code, 'hook_failed')
  assert.ok(error.message.includes('isUnauthorized'))
  assert.equal(more.length, 0)
  await s.ok(wxp.downloadFileNeedLogin({ url: s.home().url }))
  assert.equal(s.told('error'), 2)
  assert.deepEqual([wxp.session.status, s.logins], ['active', 1])
})

scenario('isUnauthorized reads uploads too, which come as text, and is told of what it judges', async s => {
  const asked = []
  const wxp = await s.active({ isUnauthorized: (res, api) => (asked.push(api), !!res.data && res.data.code === 401) })
  s.backend.will('/user/home', answer(200, { code: 401 }))
  const args = { url: s.home().url, filePath: 'http://tmp/a.png', name: 'file' }
  const res = await s.ok(wxp.uploadFileNeedLogin(args))
  assert.equal(typeof res.data, 'string')
  assert.equal(s.logins, 2)
  await s.ok(wxp.downloadFileNeedLogin({ url: s.home().url }))
  assert.deepEqual(asked, ['uploadFile', 'uploadFile', 'downloadFile'])
})

// ---- events -------------------------------------------------------------------------------------

scenario('events: login, expired, error and logout tell what happened', async s => {
  s.phone.will('login', fails('login:fail', 4))
  const wxp = await s.start()
  await s.rejected(wxp.ensureLogin(), 'login_failed')
  await s.ok(wxp.requestNeedLogin(s.home()))
  s.backend.forgetTokens()
  await s.ok(wxp.requestNeedLogin(s.home()))
  await s.ok(wxp.logout())
  assert.deepEqual(s.events.map(event => event.type), ['error', 'login', 'expired', 'login', 'logout'])
  const [failed, login] = s.events
  s.isError(failed.error, 'login_failed', 'login')
  assert.deepEqual(Object.keys(plain(login)).sort(), ['expiresAt', 'generation', 'type'])
  assert.equal(login.expiresAt - s.clock.now() > 7_000_000, true)
})

scenario('events: a listener that throws changes nothing', async s => {
  const wxp = await s.start()
  s.expectedThrows = ['a bug of the app']
  const heard = []
  wxp.on('login', bug)
  wxp.on('login', event => heard.push(event.type))
  await s.ok(wxp.requestNeedLogin(s.home()))
  assert.deepEqual(heard, ['login'])
})

scenario('events: a listener that is added while an event is told hears of the next one, not of this', async s => {
  const wxp = await s.start()
  let heard = 0
  const again = () => {
    if (++heard < 5) wxp.on('login', again)
  }
  wxp.on('login', again)
  await s.ok(wxp.ensureLogin())
  assert.equal(heard, 1)
  wxp.logout()
  await s.ok(wxp.ensureLogin())
  assert.equal(heard, 3)
})

scenario('events: a listener that takes itself off keeps no other from hearing', async s => {
  const wxp = await s.start()
  const heard = []
  const first = () => {
    heard.push('first')
    wxp.off('login', first)
  }
  wxp.on('login', first)
  wxp.on('login', () => heard.push('second'))
  await s.ok(wxp.ensureLogin())
  assert.deepEqual(heard, ['first', 'second'])
})

scenario('events: off takes off one listener, or all', async s => {
  const wxp = await s.start()
  const heard = []
  const [a, b] = ['a', 'b'].map(name => () => heard.push(name))
  wxp.on('login', a)
  wxp.on('login', b)
  wxp.off('login', a)
  wxp.off('logout', a)
  await s.ok(wxp.ensureLogin())
  assert.deepEqual(heard, ['b'])
  wxp.off('login')
  await s.ok(wxp.logout())
  await s.ok(wxp.ensureLogin())
  assert.deepEqual(heard, ['b'])
})

once('events: what nobody listens to, and off without on, is no matter', async s => {
  const wxp = await s.start()
  wxp.off('login')
  wxp.off('login', bug)
  wxp.off('nothing')
  wxp.on('nothing', bug)
  await s.ok(wxp.ensureLogin())
})

scenario('events: a listener may call the SDK', async s => {
  const wxp = await s.start()
  const seen = []
  wxp.on('login', () => seen.push(wxp.session.status, s.watch(wxp.requestNeedLogin(s.home('from listener')))))
  await s.ok(wxp.requestNeedLogin(s.home()))
  await s.clock.advance(1_000)
  assert.equal(seen[0], 'active')
  assert.equal(seen[1].value.data.data.name, 'from listener')
  assert.equal(s.logins, 1)
})

// ---- log ----------------------------------------------------------------------------------------

scenario('log: each step of a login with its time and what failed', async s => {
  s.phone.will('login', fails('login:fail', 4))
  const wxp = await s.start()
  await s.rejected(wxp.ensureLogin(), 'login_failed')
  await s.ok(wxp.ensureLogin())
  const steps = s.log.filter(entry => ['login', 'exchange'].includes(entry.stage))
  assert.deepEqual(steps.map(entry => [entry.stage, entry.error && entry.error.code]), [['login', 'login_failed'], ['login', undefined], ['exchange', undefined]])
  assert.ok(s.log.every(entry => typeof entry.ms === 'number' && entry.ms >= 0))
  if (s.mode.callbacks === 'async') assert.ok(steps[2].ms > 0)
})

once('log: what failed is told as a WxpError', async s => {
  s.phone.will('login', fails('login:fail', 4))
  const told = []
  const wxp = await s.start({ log: entry => told.push(entry) })
  await s.rejected(wxp.ensureLogin(), 'login_failed')
  s.isError(told[0].error, 'login_failed', 'login')
  s.heard.push(...told)
})

scenario('log: one that throws changes nothing', async s => {
  s.expectedThrows = Array(2).fill('a bug of the app')
  const wxp = await s.start({ log: bug })
  await s.ok(wxp.requestNeedLogin(s.home()))
})

once('log: a storage that throws is logged as well', async s => {
  s.phone.always('setStorageSync', throws('setStorage:fail:entry size limit reached'))
  await s.active()
  assert.ok(s.log.some(entry => entry.stage === 'storage' && entry.error.code === 'storage_failed'))
})

once('login.readToken that takes its time is not undone by a second callback of wx, nor aborted', async s => {
  const { setTimeout } = s.sandbox.global
  const readToken = res => new Promise(resolve => setTimeout(() => resolve(res.data.data.authorizationToken), 300))
  const wxp = await s.start({ login: { url: '/user/weixin-login', readToken } })
  const counted = s.countAborts()
  const { request } = s.phone.wx
  s.phone.wx.request = args => request({ ...args, success: res => { args.success(res); args.fail({ errMsg: 'request:fail' }) } })
  await s.ok(wxp.ensureLogin())
  const late = s.watch(wxp.logout())
  s.watch(wxp.ensureLogin())
  await s.clock.advance(200)
  wxp.dispose()
  await s.outcome(late)
  assert.equal(counted.aborts, 0)
})

once('login.readToken runs once for an answer that comes twice, and not for one that comes too late', async s => {
  let read = 0
  const readToken = res => {
    read++
    return res.data.data.authorizationToken
  }
  const wxp = await s.start({ login: { url: LOGIN, readToken } })
  const { request } = s.phone.wx
  s.phone.wx.request = args => request(Object.assign({}, args, { success(res) { args.success(res); args.success(res) } }))
  await s.ok(wxp.ensureLogin())
  assert.equal(read, 1)
  let late
  s.phone.wx.request = args => {
    late = args.success
    return { abort() {} }
  }
  wxp.logout()
  const call = s.watch(wxp.ensureLogin())
  await s.clock.advance(100)
  wxp.logout()
  late({ statusCode: 200, data: {}, header: {} })
  await s.outcome(call)
  assert.equal(read, 1)
})
