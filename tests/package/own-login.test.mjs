// Rules 21 and 22: loginWith and setToken.
import assert from 'node:assert/strict'
import { late, NEVER, refuse } from './backend.mjs'
import { dice } from './dice.mjs'
import { ASYNC, once, plain, scenario } from './scenario.mjs'

const LOGIN = '/user/weixin-login', HOME = '/user/home'

/** The TypeError that a call rejects with. */
async function typeError(s, call) {
  const { error } = await s.outcome(call)
  assert.ok(error instanceof s.sandbox.global.TypeError, String(error))
  return error.message
}

scenario('rule 21: the exchange carries the data, and the session is the new one', async s => {
  const wxp = await s.active()
  const phoneCode = s.backend.issueCode(false)
  assert.equal(await s.ok(wxp.loginWith({ phoneCode, tenant: { id: 7 }, none: undefined })), undefined)
  const { data } = s.backend.to(LOGIN)[1]
  assert.deepEqual(Object.keys(data).sort(), ['code', 'phoneCode', 'tenant'])
  assert.deepEqual([data.phoneCode, data.tenant.id], [phoneCode, 7])
  assert.deepEqual([s.told('login'), wxp.session.generation], [2, 2])
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  s.launch()
  const again = await s.start()
  await s.ok(again.requestNeedLogin(s.home()))
  assert.equal(s.logins, 2, 'it is stored')
})

scenario('rule 21: login.body makes the body of code and data', async s => {
  const seen = []
  const body = ctx => (seen.push(plain(ctx)), ctx.data && (ctx.data.phoneCode = 'changed'), { code: ctx.code, all: ctx.data ? 'more' : 'less' })
  const wxp = await s.active({ login: { url: LOGIN, body } })
  s.backend.will(LOGIN, refuse(40029))
  await s.ok(wxp.loginWith({ phoneCode: 'p-1' }))
  assert.deepEqual(seen.map(ctx => ctx.data), [undefined, { phoneCode: 'p-1' }, { phoneCode: 'p-1' }])
  assert.deepEqual(s.backend.to(LOGIN).map(({ data }) => data.all), ['less', 'more', 'more'])
})

once('rule 21: what can be no data is a TypeError, and nothing is asked of WeChat', async s => {
  const wxp = await s.start()
  const round = {}
  round.round = round
  for (const data of [undefined, null, 'text', 7, [], () => {}, round]) assert.match(await typeError(s, wxp.loginWith(data)), /^loginWith: the data should be an object/)
  for (const data of [{ code: 'mine' }, { toJSON: () => ({ code: 'mine' }) }, JSON.parse('{"code":null}')]) assert.match(await typeError(s, wxp.loginWith(data)), /phoneCode/)
  assert.equal(s.logins, 0)
})

once('rule 21: nothing in the data takes the place of the code', async s => {
  const wxp = await s.start()
  await s.ok(wxp.loginWith(JSON.parse('{"__proto__":{"code":"mine"},"Code":"mine","data":{"code":"mine"}}')))
  const { data } = s.backend.to(LOGIN)[0]
  assert.ok(s.backend.exchanged.includes(data.code))
})

once('property: whatever the data, the code is that of wx.login, and nothing else is changed', async s => {
  const { seed, below } = dice()
  const NAMES = ['code', 'Code', 'phoneCode', '__proto__', 'constructor', 'toJSON', '', 'data', '0']
  const value = depth => [() => 'mine', () => 7, () => null, () => true, () => [value(depth + 1)], () => object(depth + 1)][below(depth > 2 ? 4 : 6)]()
  // As JSON makes it: `__proto__` is a name like others.
  const object = depth => JSON.parse(`{${Array.from({ length: below(4) }, () => `${JSON.stringify(NAMES[below(NAMES.length)])}:${JSON.stringify(value(depth))}`)}}`)
  const wxp = await s.start()
  let refused = 0
  for (let i = 0; i < 200; i++) {
    const data = object(0), told = JSON.stringify({ seed, data })
    const { ok, error } = await s.outcome(wxp.loginWith(data))
    assert.equal(ok, !Object.keys(data).includes('code'), told)
    if (!ok) {
      refused++
      assert.equal(error.name, 'TypeError', told)
      continue
    }
    const { code, ...rest } = s.backend.to(LOGIN).pop().data
    assert.ok(s.backend.exchanged.includes(code), told)
    const names = name => name !== '__proto__' && name !== 'code'
    assert.deepEqual(Object.keys(rest).filter(names).sort(), Object.keys(data).filter(names).sort(), told)
    for (const name of Object.keys(data).filter(names)) assert.deepEqual(plain(rest[name]), data[name], told)
  }
  assert.ok(refused > 0 && refused < 200)
})

scenario('rule 21: the data is that of the call, whatever becomes of the object', async s => {
  const wxp = s.create()
  const data = { phoneCode: 'first' }
  const call = wxp.loginWith(data)
  data.phoneCode = 'second'
  await s.ok(call)
  assert.equal(s.backend.to(LOGIN)[0].data.phoneCode, 'first')
})

scenario('rule 21: one after another, and requests meanwhile use the token there is', async s => {
  const wxp = await s.active()
  s.phone.will('login', { after: 500 }, { after: 500 })
  const calls = ['a', 'b'].map(invite => s.watch(wxp.loginWith({ invite })))
  await s.clock.advance(100)
  const request = await s.ok(wxp.requestNeedLogin(s.home()))
  assert.deepEqual([request.statusCode, s.logins], [200, 2])
  assert.ok((await s.outcomes(calls)).every(({ ok }) => ok))
  assert.deepEqual(s.backend.to(LOGIN).map(({ data }) => data.invite), [undefined, 'a', 'b'])
}, ASYNC)

scenario('rule 21: failure rejects its caller alone', async s => {
  const wxp = await s.active()
  const before = await s.ok(wxp.getToken())
  for (let i = 0; i < 3; i++) {
    s.backend.will(LOGIN, refuse(1, 'no such invitation'))
    const error = await s.rejected(wxp.loginWith({ invite: 'none' }), 'exchange_failed', 'exchange')
    assert.equal(error.errMsg, 'no such invitation')
  }
  assert.deepEqual([s.told('error'), await s.ok(wxp.getToken()), wxp.session.status], [0, before, 'active'])
})

scenario('rule 21: who waits without a token causes one silent login when it failed', async s => {
  const wxp = await s.start()
  s.backend.will(LOGIN, (request, own) => late(300, refuse(1)))
  const own = s.watch(wxp.loginWith({ invite: 'none' }))
  const calls = [1, 2, 3].map(() => s.watch(wxp.requestNeedLogin(s.home())))
  s.isError((await s.outcome(own)).error, 'exchange_failed')
  assert.ok((await s.outcomes(calls)).every(({ value }) => value.statusCode === 200))
  assert.equal(s.logins, 2)
})

scenario('rule 13: logout ends it', async s => {
  const wxp = await s.start()
  s.backend.will(LOGIN, NEVER)
  const calls = [s.watch(wxp.loginWith({ a: 1 })), s.watch(wxp.loginWith({ a: 2 }))]
  await s.clock.advance(100)
  await s.ok(wxp.logout())
  for (const { error } of await s.outcomes(calls)) s.isError(error, 'logged_out')
  assert.equal(s.backend.requests[0].aborted, true)
  assert.equal(s.exchanges, 1)
})

once('rule 16: no text shows the data', async s => {
  const phoneCode = s.backend.secret('phone')
  const wxp = await s.start({ login: { url: LOGIN, body: ({ code, data }) => { if (data) throw new Error(`bad ${data.deep.phoneCode}`); return { code } } } })
  const error = await s.rejected(wxp.loginWith({ deep: { phoneCode } }), 'hook_failed', 'exchange')
  assert.match(error.errMsg, /\[redacted\]/)
  const short = await s.rejected(wxp.loginWith({ deep: { phoneCode: 'word' } }), 'hook_failed')
  assert.equal(short.errMsg, 'login.body: bad [redacted]')
})

scenario('rule 22: setToken is in force before it returns, and kept', async s => {
  const wxp = await s.start()
  const { token } = s.backend.issueToken()
  const given = wxp.setToken('Bearer ' + token, { expiresIn: 7200 })
  assert.deepEqual([wxp.session.status, wxp.session.generation], ['active', 1])
  assert.equal(await s.ok(given), undefined)
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  s.launch()
  const again = await s.start()
  assert.equal((await s.ok(again.requestNeedLogin(s.home()))).statusCode, 200)
  assert.deepEqual([s.logins, s.phone.count('checkSession'), s.backend.to(HOME)[1].bearer], [0, 0, token])
})

scenario('rule 22: before the load it keeps its place among the calls', async s => {
  const wxp = s.create()
  const { token } = s.backend.issueToken()
  const calls = [wxp.requestNeedLogin(s.home('a')), wxp.setToken(token), wxp.requestNeedLogin(s.home('b'))]
  for (const { ok } of await s.outcomes(calls.map(call => s.watch(call)))) assert.ok(ok)
  assert.deepEqual(s.backend.to(HOME).map(({ bearer }) => bearer), [token, token], 'the first waited for a login')
  assert.equal(s.exchanges, 0)
})

scenario('rule 22: what was sent before is delivered, never replayed', async s => {
  const wxp = await s.active()
  s.backend.will(HOME, (request, own) => late(300, own()))
  const before = s.watch(wxp.requestNeedLogin(s.home()))
  await s.clock.advance(20)
  s.backend.forgetTokens()
  const { token } = s.backend.issueToken()
  s.backend.heal(HOME)
  await s.ok(wxp.setToken(token))
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  assert.ok((await s.outcome(before)).ok)
  assert.equal(s.logins, 1)
})

scenario('rule 22: when it ends it is renewed like any; who wants no wx.login throws in login.body', async s => {
  let silent = true
  const body = ({ code }) => { if (!silent) throw new Error('ask for the SMS code'); return { code } }
  const wxp = await s.start({ login: { url: LOGIN, body } })
  await s.ok(wxp.setToken(s.backend.issueToken().token))
  s.backend.forgetTokens()
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  assert.equal(s.logins, 1)
  silent = false
  await s.ok(wxp.setToken(s.backend.issueToken().token))
  s.backend.forgetTokens()
  await s.rejected(wxp.requestNeedLogin(s.home()), 'hook_failed', 'exchange')
})

once('rule 22: what can be no token is a TypeError that says why', async s => {
  const wxp = await s.active()
  for (const [token, more, said] of [
    [undefined, undefined, /a string/], [{}, undefined, /a string/], ['', undefined, /is empty/], ['Bearer', { expiresIn: 0 }, /expiresIn/],
    ['a b', undefined, /character 2 of the token is U\+0020/], ['a\r\nX: y', undefined, /character 2 of the token is U\+000D/],
    ['t', { expiresIn: '7200' }, /expiresIn/], ['t', { expiresIn: NaN }, /expiresIn/],
  ]) assert.match(await typeError(s, wxp.setToken(token, more)), said)
  assert.deepEqual([wxp.session.generation, s.told('login')], [1, 1])
})

once('rule 22: no profile goes with a token of the app\'s', async s => {
  const wxp = await s.start()
  await s.ok(wxp.setToken(s.backend.issueToken().token))
  const call = s.phone.tap(() => wxp.loginWithProfile({ desc: 'x' }))
  await s.rejected(call, 'not_logged_in', 'profile')
  assert.deepEqual([s.logins, s.phone.count('getUserProfile')], [0, 0])
})
