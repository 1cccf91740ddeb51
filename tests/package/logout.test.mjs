// Rule 13, LOGOUT WINS.
import assert from 'node:assert/strict'
import { answer, failure, late, NEVER } from './backend.mjs'
import { once, plain, scenario } from './scenario.mjs'

const HOME = '/user/home'
const LOGOUT = '/user/logout'

scenario('rule 13: logout takes effect before it returns', async s => {
  const wxp = await s.active()
  const token = await s.ok(wxp.getToken())
  assert.equal(s.phone.storage.size, 1)
  const done = wxp.logout()
  assert.deepEqual(plain(wxp.session), { status: 'none', expiresAt: null, generation: 2 })
  assert.equal(s.told('logout'), 1)
  assert.equal(await s.ok(done), undefined)
  assert.equal(s.phone.storage.size, 0)
  const [request] = s.backend.to(LOGOUT)
  assert.deepEqual([request.method, request.bearer, Object.keys(request.data || {})], ['POST', token, []])
})

scenario('rule 13: a login in flight stores nothing and its waiters reject with logged_out', async s => {
  const wxp = await s.start()
  s.phone.will('login', { after: 1_000 })
  const calls = [wxp.requestNeedLogin(s.home()), wxp.requestNeedLogin(s.home()), wxp.ensureLogin(), wxp.getToken()].map(call => s.watch(call))
  await s.clock.advance(500)
  await s.ok(wxp.logout())
  for (const { error } of await s.outcomes(calls)) s.isError(error, 'logged_out', 'logout')
  await s.clock.advance(10_000)
  assert.equal(s.exchanges, 0)
  assert.deepEqual([wxp.session.status, s.phone.storage.size], ['none', 0])
})

scenario('rule 13: an exchange in flight is aborted and its token not stored', async s => {
  const wxp = await s.start()
  s.backend.will('/user/weixin-login', (request, own) => late(1_000, own()))
  const call = s.watch(wxp.ensureLogin())
  await s.clock.advance(500)
  await s.ok(wxp.logout())
  s.isError((await s.outcome(call)).error, 'logged_out')
  assert.equal(s.backend.requests[0].aborted, true)
  await s.clock.advance(5_000)
  assert.deepEqual([wxp.session.status, s.phone.storage.size], ['none', 0])
})

scenario('rule 13: requests sent before a logout are delivered as they come, without login or replay', async s => {
  const wxp = await s.active()
  s.backend.will(HOME, (request, own) => late(1_000, own()), late(1_000, answer(401, { code: 401 })))
  const calls = [s.watch(wxp.requestNeedLogin(s.home('a'))), s.watch(wxp.requestNeedLogin(s.home('b')))]
  await s.clock.advance(100)
  await s.ok(wxp.logout())
  const all = await s.outcomes(calls)
  assert.deepEqual(all.map(one => one.value.statusCode), [200, 401])
  assert.deepEqual([s.logins, s.backend.to(HOME).length, wxp.session.status], [1, 2, 'none'])
})

scenario('rule 13: a request that waited, and has not begun when a logout comes, is not sent', async s => {
  // The login's end lets it go; before its turn comes, the log of the exchange is told.
  const wxp = s.create({ log: ({ stage }) => { if (stage === 'exchange' && s.logins === 1) wxp.logout() } })
  const calls = [wxp.requestNeedLogin(s.home('a')), wxp.loginWithPhone({ code: s.backend.issueCode(false) }), wxp.requestNeedLogin(s.home('b'))].map(call => s.watch(call))
  for (const { error } of await s.outcomes(calls)) s.isError(error, 'logged_out')
  await s.clock.advance(1_000)
  assert.equal(s.backend.to(HOME).length + s.backend.to('/user/phone').length, 0)
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
})

scenario('rule 13: the first request after a logout and a login carries the new token', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home('before')))
  await s.ok(wxp.logout())
  const token = await s.ok(wxp.getToken())
  await s.ok(wxp.requestNeedLogin(s.home('after')))
  assert.deepEqual(s.backend.to(HOME).slice(1).map(request => request.bearer), [token])
})

scenario('rule 13: logout is not sticky', async s => {
  const wxp = await s.active()
  await s.ok(wxp.logout())
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  assert.equal(s.logins, 2)
})

scenario('rule 13: a request right after logout() logs in anew and never uses the old token', async s => {
  const wxp = await s.active()
  const old = await s.ok(wxp.getToken())
  const out = s.watch(wxp.logout())
  const res = await s.ok(wxp.requestNeedLogin(s.home()))
  assert.ok((await s.outcome(out)).ok)
  assert.equal(res.statusCode, 200)
  assert.ok(s.backend.to(HOME).every(request => request.bearer !== old))
})

for (const [what, reply] of [['HTTP 500', answer(500, '')], ['no network', failure('request:fail -106:net::ERR_INTERNET_DISCONNECTED', 600001)], ['silence', NEVER], ['a 401', answer(401, '')]]) {
  scenario(`rule 13: logout resolves although the server meets it with ${what}`, async s => {
    const wxp = await s.active()
    s.backend.will(LOGOUT, reply)
    await s.ok(wxp.logout())
    assert.equal(s.backend.to(LOGOUT).length, 1)
    assert.equal(wxp.session.status, 'none')
  })
}

scenario('rule 13: logout without a session, twice, or before the load tells the server nothing', async s => {
  const wxp = s.create()
  await s.outcomes([wxp.logout(), wxp.logout()])
  await s.ok(wxp.logout())
  assert.equal(s.backend.requests.length, 0)
})

scenario('rule 13: logout before the load ends the stored session', async s => {
  await s.active()
  s.launch()
  const wxp = s.create()
  const out = wxp.logout()
  await s.ok(out)
  assert.deepEqual([wxp.session.status, s.phone.storage.size], ['none', 0])
  s.launch()
  assert.equal((await s.start()).session.status, 'none')
})

once('rule 13: logout inside a login listener wins', async s => {
  const wxp = await s.start()
  wxp.on('login', () => wxp.logout())
  const { ok, error } = await s.outcome(wxp.ensureLogin())
  if (!ok) s.isError(error, 'logged_out')
  await s.clock.advance(5_000)
  assert.deepEqual([wxp.session.status, s.phone.storage.size], ['none', 0])
})

once('rule 13: logout between code and exchange (in login.body) exchanges nothing', async s => {
  let wxp
  const body = ({ code }) => (wxp.logout(), { code })
  wxp = await s.start({ login: { url: '/user/weixin-login', body } })
  await s.rejected(wxp.ensureLogin(), 'logged_out')
  await s.clock.advance(5_000)
  assert.equal(s.exchanges, 0)
})

for (const encrypt of [false, true]) {
  scenario(`rule 13: a logout() is kept that a dispose() follows in the same callback, with encrypt: ${encrypt}`, async s => {
    const wxp = await s.active({ storage: { encrypt } })
    await s.clock.advance(100)
    assert.equal(s.phone.storage.size, 1)
    wxp.requestNeedLogin({ ...s.home(), success() {
      wxp.logout().catch(() => {})
      wxp.dispose()
    } })
    await s.clock.advance(5_000)
    assert.equal(s.phone.storage.size, 0)
    // What is encrypted is for the asynchronous functions alone.
    assert.ok(s.phone.count(encrypt ? 'removeStorage' : 'removeStorageSync') > 0)
    assert.equal(s.phone.count(encrypt ? 'removeStorageSync' : 'removeStorage'), 0)
  })
}

scenario('dispose: what changed while the token was being written is not written any more', async s => {
  const wxp = await s.start({ storage: { encrypt: true } })
  s.phone.will('setStorage', { after: 2_000 })
  await s.ok(wxp.requestNeedLogin(s.home()))
  s.backend.forgetTokens()
  await s.ok(wxp.requestNeedLogin(s.home()))
  assert.deepEqual([s.logins, s.phone.count('setStorage')], [2, 1])
  wxp.dispose()
  await s.clock.advance(5_000)
  assert.deepEqual([s.phone.count('setStorage'), s.phone.count('removeStorage')], [1, 0])
})
