// Rule 20, NOBODY CALLS IN WHILE THE CORE IS AT WORK: what it orders goes to one queue, first in,
// first out. That nothing is called in between is checked at the end of every scenario.
import assert from 'node:assert/strict'
import { answer, late } from './backend.mjs'
import { scenario } from './scenario.mjs'
import { fails } from './wx.mjs'

const LOGIN = '/user/weixin-login'

/** Notes in `heard` what wx is asked for. */
function overhear(s, heard) {
  const { wx } = s.phone
  const { request, login } = wx
  wx.request = args => {
    heard.push(args.url.replace(/.*[=/]/, 'send '))
    return request(args)
  }
  wx.login = args => {
    heard.push('wx.login')
    login(args)
  }
}

scenario('rule 20: who waited goes on before anybody is told', async s => {
  const heard = []
  overhear(s, heard)
  const wxp = s.create({ log: ({ stage }) => heard.push(`${stage} took its time, ${wxp.session.status}`) })
  wxp.on('login', () => heard.push('login'))
  await s.outcomes([wxp.requestNeedLogin(s.home('a')), wxp.ensureLogin(), wxp.requestNeedLogin(s.home('b'))])
  assert.deepEqual(heard.slice(0, 7), [
    'wx.login', 'login took its time, logging-in', 'send weixin-login', 'exchange took its time, active', 'send a', 'send b', 'login',
  ])
})

scenario('rule 20: who waited has gone on when the log hears of it: a logout there does not take that back', async s => {
  const wxp = s.create({ log: ({ stage }) => { if (stage === 'exchange') wxp.logout() } })
  const [login, token] = await s.outcomes([wxp.ensureLogin(), wxp.getToken()])
  assert.deepEqual([login.ok, typeof token.value], [true, 'string'], String(login.error))
  assert.equal(wxp.session.status, 'none')
})

scenario('rule 20: after a logout() in a login listener the others hear login, then logout', async s => {
  const wxp = await s.start()
  const heard = []
  for (const who of [1, 2, 3]) {
    for (const event of ['login', 'logout']) wxp.on(event, () => heard.push(`${who} hears ${event}`))
    if (who === 2) wxp.on('login', () => {
      Promise.resolve().then(() => heard.push('the turn is over'))
      wxp.logout()
      heard.push(wxp.session.status)
    })
  }
  await s.outcome(wxp.ensureLogin())
  assert.deepEqual(heard, [
    '1 hears login', '2 hears login', 'none', '3 hears login',
    '1 hears logout', '2 hears logout', '3 hears logout', 'the turn is over',
  ])
  assert.equal(s.phone.storage.size, 0)
})

/** Where an app may call the SDK, and what else it hears there before what that call orders. */
const PLACES = {
  'a listener': { first: ['login'], set: (act, hear) => ({ on: { login: [act, hear('login')] } }) },
  log: { first: ['login'], set: (act, hear) => ({ log: ({ stage }) => stage === 'exchange' && act(), on: { login: [hear('login')] } }) },
  'a callback': { first: ['complete'], set: (act, hear) => ({ args: { success: act, complete: hear('complete') } }) },
  // No entry of the queue, unless wx answers at once.
  isUnauthorized: { set: act => ({ isUnauthorized: () => (act(), false) }) },
}

for (const [where, { first, set }] of Object.entries(PLACES)) {
  scenario(`rule 20: a call made in ${where} runs at once, what it orders follows in the same turn`, async s => {
    const heard = []
    overhear(s, heard)
    let again
    const act = () => {
      if (again) return
      Promise.resolve().then(() => heard.push('the turn is over'))
      heard.length = 0
      wxp.logout()
      heard.push(wxp.session.status)
      again = s.watch(wxp.requestNeedLogin(s.home('again')))
      heard.push('returns')
    }
    const { on = {}, args, ...more } = set(act, name => () => heard.push(name))
    const wxp = s.create(more)
    for (const event in on) for (const fn of on[event]) wxp.on(event, fn)
    wxp.on('logout', () => heard.push('logout'))
    const call = wxp.requestNeedLogin({ ...s.home(), ...args })
    if (!args) s.watch(call)
    await s.clock.advance(5_000)
    const turn = heard.slice(0, heard.indexOf('the turn is over'))
    const entry = first || s.mode.callbacks === 'sync'
    const told = entry ? ['none', 'returns', ...first || [], 'logout', 'wx.login'] : ['logout', 'none', 'wx.login', 'returns']
    assert.deepEqual(turn.filter(what => told.includes(what)).slice(0, told.length), told)
    assert.equal(again.value.statusCode, 200)
    assert.equal(s.logins, 2)
    assert.equal(s.backend.requests.pop().bearer, await s.ok(wxp.getToken()), 'it waits for the token after the logout')
  })
}

scenario('rule 20: in a busy life nothing of the app runs while the core is at work', async s => {
  let ran = 0
  /** A function of the app: it calls the SDK, as far as that exists. */
  const app = (what, run = () => {}) => (...args) => {
    ran++
    s.wasm.note(what)
    if (wxp) {
      statuses.add(wxp.session.status)
      if (ran % 7 === 0) seen.push(s.watch(wxp.requestNeedLogin(s.home(what))))
      if (ran % 11 === 0) seen.push(s.watch(wxp.getToken()))
    }
    return run(...args)
  }
  const seen = []
  const statuses = new Set()
  let wxp
  const options = {
    isUnauthorized: app('isUnauthorized', res => res.statusCode === 401),
    log: app('log'),
    login: {
      url: LOGIN,
      body: app('login.body', ({ code }) => ({ code })),
      readToken: app('login.readToken', async res => ({ token: res.data.data.authorizationToken, expiresIn: 7_200 })),
    },
  }
  const live = async more => {
    const mine = await s.start({ ...options, ...more })
    wxp = mine
    for (const event of ['login', 'logout', 'expired', 'error']) wxp.on(event, app(event))
    const call = name => wxp.requestNeedLogin({ ...s.home(name), success: app('success'), fail: app('fail'), complete: app('complete') })
    for (const name of ['a', 'b', 'c']) call(name)
    seen.push(s.watch(wxp.ensureLogin()), s.watch(wxp.uploadFileNeedLogin({ url: '/user/home', filePath: 'a', name: 'f' })))
    await s.clock.advance(200)
    s.backend.forgetTokens()
    s.backend.will('/user/home', (request, own) => late(30, own()), answer(500, ''))
    for (const name of ['d', 'e', 'g']) call(name)
    call('f').abort()
    await s.clock.advance(15)
    seen.push(s.watch(wxp.loginWithPhone({ code: s.backend.issueCode(false) })))
    seen.push(s.watch(s.phone.tap(() => wxp.loginWithProfile({ desc: 'x' }))))
    await s.phone.hide(500)
    s.phone.net.change()
    s.phone.show()
    s.phone.tell('NetworkStatusChange', { isConnected: true })
    await s.clock.advance(200)
    s.phone.will('login', fails('login:fail', 4))
    wxp.logout()
    call('h')
    await s.clock.advance(200)
    call('i')
    seen.push(s.watch(wxp.ensureLogin()))
    seen.push(s.watch(wxp.logout()))
    await s.clock.advance(1)
    call('j')
    wxp.dispose()
    wxp = null
    await s.clock.advance(1_000)
  }
  await live()
  await live({ storage: { key: 'encrypted', encrypt: true } })
  await s.outcomes(seen)
  assert.deepEqual([...statuses].sort(), ['active', 'loading', 'logging-in', 'none'])
  assert.ok(ran > 100, `${ran} calls of the app's functions`)
  assert.ok(s.wasm.last.calls > 300, `${s.wasm.last.calls} calls into the WASM`)
  assert.deepEqual(s.wasm.nested, [])
})
