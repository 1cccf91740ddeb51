// Rules 1 to 4: one login, every waiter settles, failure is not remembered, a fresh code for every
// exchange. Among them the situations in which other libraries were measured (cold burst, expired
// burst, login failure, …).
import assert from 'node:assert/strict'
import { answer, failure, late, NEVER, refuse } from './backend.mjs'
import { drain } from './clock.mjs'
import { ASYNC, once, scenario } from './scenario.mjs'
import { fails } from './wx.mjs'

const LOGIN = '/user/weixin-login'
const burst = (s, wxp, count = 5) => Array.from({ length: count }, (_, i) => wxp.requestNeedLogin(s.home(`n${i}`)))

scenario('rule 1: a cold burst of five causes one login and five sends', async s => {
  const wxp = await s.start()
  const all = await s.outcomes(burst(s, wxp))
  assert.deepEqual(all.map(one => one.value.data.data.name), ['n0', 'n1', 'n2', 'n3', 'n4'])
  assert.deepEqual([s.logins, s.exchanges, s.backend.to('/user/home').length], [1, 1, 5])
  assert.equal(s.told('login'), 1)
})

scenario('rule 1: a cold burst before the WASM has loaded causes one login too', async s => {
  const wxp = s.create()
  const all = await s.outcomes([...burst(s, wxp), wxp.ensureLogin(), wxp.getToken()])
  assert.ok(all.every(one => one.ok))
  assert.deepEqual([s.logins, s.exchanges, s.backend.to('/user/home').length], [1, 1, 5])
})

scenario('rule 1: a burst of twenty-five passes a network stack that takes ten at a time', async s => {
  const wxp = await s.start()
  const all = await s.outcomes(burst(s, wxp, 25))
  assert.ok(all.every(one => one.value.statusCode === 200))
  assert.deepEqual([s.logins, s.exchanges], [1, 1])
})

scenario('rule 9: an expired burst of five causes one login and five replays', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home('before')))
  s.backend.forgetTokens()
  const all = await s.outcomes(burst(s, wxp))
  assert.ok(all.every(one => one.value.statusCode === 200))
  assert.equal(s.logins, 2)
  assert.ok(s.backend.to('/user/home').length <= 11)
  assert.equal(s.told('expired'), 1)
})

scenario('rule 9: a late 401 for the old token is replayed and causes no login', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home('before')))
  s.backend.forgetTokens()
  s.backend.will('/user/home', (request, own) => late(200, own()))
  const slow = wxp.requestNeedLogin(s.home('slow'))
  const quick = wxp.requestNeedLogin(s.home('quick'))
  assert.equal((await s.ok(quick)).statusCode, 200)
  assert.equal(s.logins, 2)
  assert.equal((await s.ok(slow)).data.data.name, 'slow')
  assert.equal(s.logins, 2)
})

scenario('rule 2: wx.login fails and every waiter rejects with the same error', async s => {
  s.phone.always('login', fails('login:fail', 4))
  const wxp = await s.start()
  const all = await s.outcomes([...burst(s, wxp), wxp.ensureLogin(), wxp.getToken()])
  for (const { error } of all) s.isError(error, 'login_failed', 'login')
  assert.equal(new Set(all.map(one => one.error.errMsg)).size, 1)
  assert.deepEqual([s.logins, s.exchanges], [1, 0])
  assert.equal(s.backend.requests.length, 0)
  s.phone.heal('login')
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
}, ASYNC)

scenario('rule 2: a failed exchange rejects every waiter after one exchange', async s => {
  s.backend.always(LOGIN, answer(500, '<html>oops</html>'))
  const wxp = await s.start()
  const all = await s.outcomes(burst(s, wxp))
  for (const { error } of all) assert.equal(s.isError(error, 'exchange_failed', 'exchange').statusCode, 500)
  assert.deepEqual([s.logins, s.exchanges], [1, 1])
  s.backend.heal(LOGIN)
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
}, ASYNC)

scenario('rule 9: a server that refuses every token gets one replay, then its 401 is delivered', async s => {
  s.backend.always('/user/home', answer(401, { code: 401, msg: 'no', data: null }))
  const wxp = await s.start()
  const all = await s.outcomes(burst(s, wxp))
  assert.ok(all.every(one => one.ok && one.value.statusCode === 401))
  assert.ok(s.logins <= 2, `${s.logins} logins`)
  const more = await s.outcomes(burst(s, wxp))
  assert.ok(more.every(one => one.ok && one.value.statusCode === 401))
  assert.ok(s.logins <= 2, 'rule 3: the cooldown holds')
})

scenario('rule 2: wx.login that never calls back ends at the deadline', async s => {
  s.phone.always('login', NEVER)
  const wxp = await s.start()
  const before = s.clock.now()
  const all = await s.outcomes(burst(s, wxp))
  for (const { error } of all) s.isError(error, 'login_timeout', 'login')
  assert.equal(s.clock.now() - before, 15_000)
})

/** What a wx that answers everything inside the call may fail with, and what that is. */
const SYNC = ['sync callbacks']
const FAILURES = {
  'wx.login': ['login_failed', s => s.phone.always('login', fails('login:fail', 4))],
  'the exchange': ['exchange_failed', s => s.backend.always(LOGIN, answer(500, ''))],
  'login.body': ['hook_failed', () => {}, { login: { url: LOGIN, body: () => { throw new Error('a bug of the app') } } }],
  'the request': ['timeout', s => s.backend.always('/user/home', failure('request:fail timeout', 5))],
}

for (const [what, [code, prepare, more]] of Object.entries(FAILURES)) {
  scenario(`rule 2: where wx answers inside the call, a failure of ${what} settles inside it too`, async s => {
    prepare(s)
    const wxp = await s.start(more)
    const { time } = s.clock
    const heard = []
    const hear = name => ({ code }) => heard.push(`${name} ${code}`)
    for (let i = 1; i <= 4; i++) {
      const call = wxp.requestNeedLogin({ ...s.home(), fail: hear('fail'), complete: hear('complete') })
      assert.equal(call.then, undefined)
      // A hook may be async, and is waited for.
      if (code === 'hook_failed') await drain()
      assert.equal(heard.length, 2 * i)
    }
    const seen = s.watch(wxp.requestNeedLogin(s.home()))
    await drain()
    s.isError(seen.error, code)
    assert.deepEqual(heard, Array(4).fill([`fail ${code}`, `complete ${code}`]).flat())
    assert.equal(s.clock.time, time)
    // Rule 3: the first after a failure tries at once, then the cooldown holds.
    assert.equal(s.logins, { request: 1, timeout: 1 }[code] || 2)
  }, SYNC)
}

scenario('rule 2: where wx answers inside the call, any number of callers cause one login', async s => {
  const early = s.create()
  const first = burst(s, early)
  await s.ok(early.ready)
  assert.deepEqual([s.logins, s.exchanges, s.backend.to('/user/home').length], [1, 1, 5])
  await s.outcomes(first)
  // In one entry of the queue: none of them goes on before the last one is made.
  const heard = []
  early.on('logout', () => {
    for (let i = 0; i < 5; i++) early.requestNeedLogin({ ...s.home(), success: res => heard.push(res.statusCode) })
    assert.deepEqual([s.logins, heard.length], [1, 0])
  })
  early.logout()
  assert.deepEqual([s.logins, s.exchanges, heard], [2, 2, [200, 200, 200, 200, 200]])
  // One by one: the first has the login done when its call returns.
  const wxp = await s.start({ storage: { key: 'second' } })
  burst(s, wxp, 1)
  assert.deepEqual([s.logins, wxp.session.status], [3, 'active'])
  await s.outcomes(burst(s, wxp))
  assert.equal(s.logins, 3)
}, SYNC)

scenario('rule 2: a code that comes after the deadline is never exchanged', async s => {
  s.phone.will('login', { after: 20_000 })
  const wxp = await s.start({ login: { url: LOGIN, timeout: 4_000 } })
  await s.rejected(wxp.ensureLogin(), 'login_timeout')
  await s.clock.advance(30_000)
  assert.equal(s.exchanges, 0)
  assert.equal(wxp.session.status, 'none')
})

scenario('rule 2: an exchange past the deadline is aborted and its token never stored', async s => {
  s.backend.will(LOGIN, (request, own) => late(20_000, own()))
  const wxp = await s.start({ login: { url: LOGIN, timeout: 4_000 } })
  await s.rejected(wxp.ensureLogin(), 'login_timeout')
  assert.equal(s.backend.to(LOGIN)[0].aborted, true)
  await s.clock.advance(30_000)
  assert.equal(wxp.session.status, 'none')
  assert.equal(s.phone.storage.size, 0)
})

scenario('rule 3: the first call after a failure tries at once', async s => {
  s.phone.will('login', fails('login:fail timeout', 5))
  const wxp = await s.start()
  await s.rejected(wxp.requestNeedLogin(s.home()), 'login_timeout', 'login')
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  assert.equal(s.logins, 2)
})

scenario('rule 3: from the second failure on requests get the last error while the cooldown lasts', async s => {
  s.phone.always('login', fails('login:fail', 4))
  const wxp = await s.start()
  for (let i = 0; i < 5; i++) await s.rejected(wxp.requestNeedLogin(s.home()), 'login_failed', 'login')
  assert.equal(s.logins, 2)
  await s.clock.advance(1_001)
  await s.rejected(wxp.requestNeedLogin(s.home()), 'login_failed')
  assert.equal(s.logins, 3)
  await s.clock.advance(1_001)
  await s.rejected(wxp.requestNeedLogin(s.home()), 'login_failed')
  assert.equal(s.logins, 3, 'the second cooldown is longer')
})

scenario('rule 3: a cooldown never exceeds its longest', async s => {
  s.phone.always('login', fails('login:fail', 4))
  const wxp = await s.start({ cooldown: { first: 1_000, max: 5_000 } })
  for (let i = 0; i < 12; i++) await s.rejected(wxp.ensureLogin(), 'login_failed')
  await s.clock.advance(5_001)
  await s.rejected(wxp.requestNeedLogin(s.home()), 'login_failed')
  assert.equal(s.logins, 13)
})

for (const [what, skip] of Object.entries({
  ensureLogin: (s, wxp) => wxp.ensureLogin(),
  loginWithPhone: (s, wxp) => wxp.loginWithPhone({ code: s.backend.issueCode(false) }),
  'app show': (s, wxp) => (s.phone.show(), wxp.requestNeedLogin(s.home())),
  'a recovered network': (s, wxp) => (s.phone.tell('NetworkStatusChange', { isConnected: true, networkType: 'wifi' }), wxp.requestNeedLogin(s.home())),
})) {
  scenario(`rule 3: ${what} skips the cooldown`, async s => {
    s.phone.always('login', fails('login:fail', 4))
    const wxp = await s.start()
    for (let i = 0; i < 3; i++) await s.rejected(wxp.ensureLogin(), 'login_failed')
    s.phone.heal('login')
    await s.rejected(wxp.requestNeedLogin(s.home()), 'login_failed')
    assert.equal(s.logins, 3)
    await s.ok(skip(s, wxp))
    assert.equal(s.logins, 4)
  })
}

once('rule 3: a network that went does not skip the cooldown', async s => {
  s.phone.always('login', fails('login:fail', 4))
  const wxp = await s.start()
  for (let i = 0; i < 2; i++) await s.rejected(wxp.ensureLogin(), 'login_failed')
  s.phone.tell('NetworkStatusChange', { isConnected: false, networkType: 'none' })
  await s.rejected(wxp.requestNeedLogin(s.home()), 'login_failed')
  assert.equal(s.logins, 2)
})

scenario('rule 3: success resets the cooldown', async s => {
  s.phone.will('login', fails('login:fail', 4), fails('login:fail', 4))
  const wxp = await s.start()
  for (let i = 0; i < 2; i++) await s.rejected(wxp.ensureLogin(), 'login_failed')
  await s.ok(wxp.ensureLogin())
  await s.ok(wxp.requestNeedLogin(s.home()))
  await s.ok(wxp.logout())
  s.phone.will('login', fails('login:fail', 4))
  await s.rejected(wxp.requestNeedLogin(s.home()), 'login_failed')
  await s.ok(wxp.requestNeedLogin(s.home()))
})

scenario('rule 3: a wx.login that says config does not run for each request', async s => {
  s.phone.always('login', fails('login:fail 系统错误，错误码：41002,appid missing'))
  const wxp = await s.start()
  for (let i = 1; i <= 4; i++) {
    const error = await s.rejected(wxp.requestNeedLogin(s.home()), 'config', 'login')
    assert.equal(error.retryable, false)
    assert.equal(s.logins, Math.min(i, 2))
  }
})

for (const code of [40029, 40163]) {
  scenario(`rule 4: body code ${code} is retried once with a fresh code`, async s => {
    s.backend.will(LOGIN, refuse(code))
    const wxp = await s.start()
    await s.ok(wxp.ensureLogin())
    const codes = s.backend.to(LOGIN).map(request => request.data.code)
    assert.equal(codes.length, 2)
    assert.notEqual(codes[0], codes[1])
  })
}

scenario('rule 4: two refused codes are enough', async s => {
  s.backend.always(LOGIN, refuse(40029, 'invalid code, rid: 66c69111-4157f271-729ca238', 400))
  const wxp = await s.start()
  const error = await s.rejected(wxp.ensureLogin(), 'code_rejected', 'exchange')
  assert.equal(error.statusCode, 400)
  assert.equal(s.logins, 2)
})

scenario('rule 4: every exchange has its own code', async s => {
  const wxp = await s.start()
  for (let i = 0; i < 4; i++) {
    await s.ok(wxp.ensureLogin())
    await s.ok(wxp.logout())
  }
  const codes = s.backend.to(LOGIN).map(request => request.data.code)
  assert.equal(new Set(codes).size, 4)
})

scenario('rule 6: silent login asks the user for nothing', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home()))
  for (const api of ['getUserProfile', 'showToast', 'showModal', 'getSetting']) assert.equal(s.phone.count(api), 0, api)
})

// ---- how a login can fail -----------------------------------------------------------------------

for (const [code, stage, behaviour] of [
  ['login_failed', 'login', fails('login:fail')],
  ['login_failed', 'login', { ok: {} }],
  ['login_failed', 'login', { ok: { code: '' } }],
  ['login_timeout', 'login', fails('login:fail timeout', 5)],
  ['login_blocked', 'login', fails('login:fail', 1402101)],
  ['rate_limited', 'login', fails('login:fail', 1003)],
  ['config', 'login', fails('login:fail 系统错误，错误码：40013,invalid appid')],
  ['interrupted', 'login', fails('login:fail interrupted', 600003)],
]) {
  once(`wire: wx.login with ${JSON.stringify(behaviour.fail || behaviour.ok)} is ${code}`, async s => {
    s.phone.always('login', behaviour)
    const wxp = await s.start()
    const error = await s.rejected(wxp.ensureLogin(), code, stage)
    if (behaviour.fail) assert.equal(error.errno, behaviour.fail.errno)
  })
}

once('wire: wx.login that throws is a failed login', async s => {
  s.phone.always('login', { throws: 'login: not supported here' })
  const wxp = await s.start()
  await s.rejected(wxp.ensureLogin(), 'login_failed', 'login')
})

scenario('wire: an answer that iOS leaves as text, since it holds U+2028, logs in', async s => {
  const token = s.backend.secret('token')
  s.backend.tokens.set(token, Infinity)
  const body = JSON.stringify({ code: 200, data: { authorizationToken: token, nickName: 'a\u2028b' } })
  s.backend.always(LOGIN, answer(200, body))
  const wxp = await s.start()
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
})

for (const [how, given, token] of [
  ['of Laravel Sanctum', '12|abcDEF123', '12|abcDEF123'],
  ['with its scheme', 'bearer  abc.DEF', 'abc.DEF'],
  ['of any visible ASCII', '!"#$%&\'()*,:;<=>?@[]^`{|}', '!"#$%&\'()*,:;<=>?@[]^`{|}'],
]) {
  once(`wire: a token ${how} is one`, async s => {
    s.backend.always(LOGIN, answer(201, { data: { authorizationToken: given } }))
    const wxp = await s.start()
    assert.equal(await s.ok(wxp.getToken()), token)
  })
}

for (const [code, what] of [
  ['exchange_failed', answer(404, 'not found')],
  ['exchange_failed', answer(502, null)],
  ['exchange_failed', refuse(50201, 'upstream')],
  ['exchange_failed', refuse(40001, 'bad request', 400)],
  ['exchange_bad_answer', answer(200, '<html>captive portal</html>')],
  ['exchange_bad_answer', answer(200, { code: 200, data: {} })],
  ['exchange_bad_answer', answer(200, { code: 200, data: null })],
  ['exchange_bad_answer', answer(200, { code: 200, data: { authorizationToken: '' } })],
  ['exchange_bad_answer', answer(200, { code: 200, data: { authorizationToken: 12 } })],
  ['exchange_bad_answer', answer(200, { code: 200, data: { authorizationToken: 'a b\r\nX-Evil: 1' } })],
  ['exchange_bad_answer', answer(200, undefined)],
  ['login_blocked', refuse(40301, 'blocked', 403)],
  ['login_blocked', refuse(40226)],
  ['rate_limited', refuse(42901, 'slow down', 429)],
  ['rate_limited', answer(429, 'slow down')],
  ['rate_limited', refuse(45011)],
  ['network', failure('request:fail -106:net::ERR_INTERNET_DISCONNECTED', 600001)],
  ['timeout', failure('request:fail timeout', 5)],
  ['domain_not_allowed', failure('request:fail url not in domain list', 600002)],
  ['interrupted', failure('request:fail interrupted', 600003)],
  ['exchange_failed', failure('request:fail', 602000)],
]) {
  once(`wire: an exchange with ${JSON.stringify(what.fail || [what.status, what.data])} is ${code}`, async s => {
    s.backend.always(LOGIN, what)
    const wxp = await s.start()
    const error = await s.rejected(wxp.requestNeedLogin(s.home()), code, 'exchange')
    if (what.status) assert.equal(error.statusCode, what.status)
    if (code === 'exchange_bad_answer') assert.match(error.message, /authorizationToken/)
    assert.equal(s.phone.storage.size, 0)
    assert.equal(wxp.session.status, 'none')
  })
}

for (const [token, fault] of [
  ['a b', 'character 2 of the token is U+0020'],
  ['Bearer abc\n', 'character 4 of the token is U+000A'],
  ['  x'.repeat(3), 'character 2 of the token is U+0020'],
  ['abcdefghij令牌', 'character 11 of the token is U+4EE4'],
  ['a😀', 'character 2 of the token is U+1F600'],
]) {
  once(`rule 22: a token that is refused is named by position and code point: ${JSON.stringify(token)}`, async s => {
    s.backend.always(LOGIN, answer(200, { code: 200, data: { authorizationToken: token } }))
    const error = await s.rejected((await s.start()).ensureLogin(), 'exchange_bad_answer', 'exchange')
    assert.ok(error.message.includes(fault), error.message)
    assert.ok(!error.message.includes(token))
  })
}

once('wire: the exchange is one POST with the code alone and no token', async s => {
  await s.active()
  const [request] = s.backend.to(LOGIN)
  assert.equal(request.method, 'POST')
  assert.deepEqual(Object.keys(request.data), ['code'])
  assert.equal(request.authorization, undefined)
})

once('wire: body code 0 is as good as 200, and a status in a string as one in a number', async s => {
  s.backend.will(LOGIN, (request, own) => {
    const { data } = own()
    return answer('200', { code: 0, data: data.data })
  })
  const wxp = await s.start()
  await s.ok(wxp.ensureLogin())
})
