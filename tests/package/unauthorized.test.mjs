// Rule 9, LATE 401. (The bursts of the peers' comparison are in login.test.mjs.)
import assert from 'node:assert/strict'
import { answer, failure, late, NEVER } from './backend.mjs'
import { inside, once, scenario } from './scenario.mjs'
import { fails } from './wx.mjs'

const HOME = '/user/home'
const no = answer(401, { code: 401, msg: 'token expired', data: null })

scenario('rule 9: a 401 for the current token causes one login and one replay', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home()))
  s.backend.forgetTokens()
  const res = await s.ok(wxp.requestNeedLogin({ ...s.home('again'), method: 'POST', data: { a: 1 }, header: { 'X-App': '1' } }))
  assert.equal(res.data.data.name, 'again')
  const [first, replay] = s.backend.to(HOME).slice(1)
  assert.deepEqual([first.method, first.data, first.header['x-app']], [replay.method, replay.data, replay.header['x-app']])
  assert.notEqual(first.bearer, replay.bearer)
  assert.equal(s.logins, 2)
})

scenario('rule 9: the second 401 is delivered as the response it is', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home()))
  s.backend.will(HOME, no, answer(401, { code: 401, msg: 'still no', data: null }))
  const res = await s.ok(wxp.requestNeedLogin(s.home()))
  assert.deepEqual([res.statusCode, res.data.msg], [401, 'still no'])
  assert.equal(s.backend.to(HOME).length, 3)
})

scenario('rule 9: a replay is judged by its own answer: a token that it shows to be good is no failure', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home()))
  for (let i = 2; i <= 6; i++) {
    s.backend.forgetTokens()
    assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
    assert.equal(s.logins, i)
  }
})

scenario('rule 9: uploads and downloads are renewed and replayed alike', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home()))
  s.backend.forgetTokens()
  const up = wxp.uploadFileNeedLogin({ url: HOME, filePath: 'http://tmp/a.png', name: 'file', formData: { a: '1' } })
  const down = wxp.downloadFileNeedLogin({ url: HOME })
  const all = await s.outcomes([up, down])
  assert.deepEqual(all.map(one => one.value.statusCode), [200, 200])
  assert.equal(s.logins, 2)
})

scenario('rule 9: a burst of 401s that come one by one causes one login', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home()))
  s.backend.forgetTokens()
  for (const ms of [10, 20, 40, 80, 500]) s.backend.will(HOME, (request, own) => late(ms, own()))
  const all = await s.outcomes([1, 2, 3, 4, 5].map(i => wxp.requestNeedLogin(s.home(`n${i}`))))
  assert.ok(all.every(one => one.value.statusCode === 200))
  assert.equal(s.logins, 2)
})

scenario('rule 9: when the login after a 401 fails, the caller gets the login\'s error', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home()))
  s.backend.forgetTokens()
  s.phone.will('login', fails('login:fail', 4))
  await s.rejected(wxp.requestNeedLogin(s.home()), 'login_failed', 'login')
})

scenario('rule 9: a token refused before it was ever accepted counts as a failed login', async s => {
  s.backend.always(HOME, no)
  const wxp = await s.start()
  for (let i = 0; i < 6; i++) assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 401)
  assert.ok(s.logins <= 2, `${s.logins} logins`)
  await s.clock.advance(60_000)
  s.backend.heal(HOME)
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
})

scenario('rule 9: an endless 401 causes few logins, however often the app asks', async s => {
  s.backend.always(HOME, no)
  const wxp = await s.start()
  for (let i = 0; i < 100; i++) {
    await s.ok(wxp.requestNeedLogin(s.home()))
    await s.clock.advance(100)
  }
  assert.ok(s.logins <= 8, `${s.logins} logins in 12 s`)
})

once('rule 9: a 401 of one resource does not end a token that others accept for ever', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home()))
  s.backend.always('/admin', no)
  for (let i = 0; i < 3; i++) {
    assert.equal((await s.ok(wxp.requestNeedLogin({ url: '/admin' }))).statusCode, 401)
    assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  }
})

once('rule 9: a status that is a string counts too', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home()))
  s.backend.will(HOME, answer('401', { code: 401 }))
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  assert.equal(s.logins, 2)
})

once('rule 9: a body code 401 with HTTP 200 is no 401 unless isUnauthorized says so', async s => {
  const wxp = await s.active()
  s.backend.will(HOME, answer(200, { code: 401 }))
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).data.code, 401)
  assert.equal(s.logins, 1)
})

// ---- a replay that takes its time ---------------------------------------------------------------

/** A request that was refused, and whose replay the server meets with `says`. */
async function replaying(s, wxp, says) {
  await s.ok(wxp.requestNeedLogin(s.home('before')))
  s.backend.forgetTokens()
  s.backend.will(HOME, (request, own) => own(), says)
  const call = wxp.requestNeedLogin(s.home('a'))
  const seen = s.watch(call)
  await s.clock.advance(2_000)
  const sent = s.backend.to(HOME).slice(-2)
  assert.deepEqual([sent[0].answered, sent[1].answered, seen.settled], [true, false, false])
  const { open } = inside(call).host
  assert.equal(open.size, 1, 'the core waits for the answer, and for nothing else')
  return { call, seen, open, replay: sent[1] }
}

scenario('rule 9: a replay that is never answered is ended by abort', async s => {
  const wxp = await s.active()
  const { call, seen, open, replay } = await replaying(s, wxp, NEVER)
  call.abort()
  assert.deepEqual([open.size, replay.aborted], [0, true])
  s.isError((await s.outcome(seen)).error, 'aborted', 'request')
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  assert.equal(s.logins, 2)
})

scenario('rule 9: a replay that is never answered is ended by dispose', async s => {
  const wxp = await s.active()
  const { seen, open } = await replaying(s, wxp, NEVER)
  wxp.dispose()
  assert.equal(open.size, 0)
  s.isError((await s.outcome(seen)).error, 'disposed')
})

for (const [what, says, code] of [['a 401', no], ['a 200', answer(200, 'ok')], ['a 500', answer(500, '')], ['a failure', failure('request:fail timeout', 5), 'timeout'], ['silence', NEVER]]) {
  scenario(`rule 13: a logout ends what the core waits for; ${what} to the replay is delivered as it comes`, async s => {
    let asked = 0
    const wxp = await s.active({ isUnauthorized: res => (asked++, res.statusCode === 401) })
    const { call, seen, open } = await replaying(s, wxp, says === NEVER ? says : late(8_000, says))
    const before = asked
    await s.ok(wxp.logout())
    assert.deepEqual([open.size, seen.settled], [0, false])
    await s.clock.advance(10_000)
    if (says === NEVER) {
      assert.equal(seen.settled, false)
      call.abort()
      s.isError((await s.outcome(seen)).error, 'aborted')
    } else if (code) s.isError(seen.error, code, 'request')
    else assert.equal(seen.value.statusCode, says.status)
    assert.equal(asked, before, 'nothing is to be judged')
    assert.deepEqual([s.logins, s.backend.to(HOME).length, wxp.session.status], [2, 3, 'none'])
  })
}

for (const which of ['first answer', 'replay']) {
  scenario(`rule 13: a logout inside isUnauthorized delivers the ${which} that it is asked about`, async s => {
    let out = () => {}
    const wxp = await s.active({ isUnauthorized: res => (out(), res.statusCode === 401) })
    await s.ok(wxp.requestNeedLogin(s.home('before')))
    s.backend.will(HOME, no, answer(401, { msg: 'still no' }))
    let answers = 0
    out = () => { if (++answers === (which === 'replay' ? 2 : 1)) wxp.logout() }
    const { value } = await s.outcome(wxp.requestNeedLogin(s.home()))
    assert.deepEqual([value.statusCode, value.data.msg], [401, which === 'replay' ? 'still no' : 'token expired'])
    assert.equal(wxp.session.status, 'none')
  })
}

for (const [how, end] of Object.entries({
  abort: ({ call }) => call.abort(),
  logout: ({ wxp }) => { wxp.logout() },
  dispose: ({ wxp }) => wxp.dispose(),
})) {
  once(`rule 9: replays that are never answered leave no memory behind, each ended by ${how}`, async s => {
    let wxp = await s.active()
    await s.leavesNoMemory(async () => {
      const { call } = await replaying(s, wxp, NEVER)
      end({ wxp, call })
      await s.clock.advance(100)
      s.phone.net.drop()
      if (how === 'dispose') wxp = await s.active()
    })
  })
}

// Reported of PC clients: they give a 401 to `fail`.
const pc = status => ({ fail: { errMsg: `request:fail HTTP ${status}`, errno: 600001, statusCode: status } })

for (const api of ['requestNeedLogin', 'uploadFileNeedLogin', 'downloadFileNeedLogin']) {
  scenario(`rule 11: ${api}: a 401 that comes to fail causes one login and one replay`, async s => {
    const wxp = await s.active()
    await s.ok(wxp.requestNeedLogin(s.home()))
    s.backend.will(HOME, pc(401))
    const res = await s.ok(wxp[api]({ url: s.home().url, filePath: 'http://tmp/a.png', name: 'file' }))
    assert.equal(res.statusCode, 200)
    assert.equal(s.logins, 2)
  })
}

scenario('rule 11: what comes to fail with a status, and nothing answers, is the failure it is', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home()))
  s.backend.will(HOME, pc(500), pc(401), pc(401))
  let error = await s.rejected(wxp.requestNeedLogin(s.home()), 'request_failed', 'request')
  assert.deepEqual([error.statusCode, error.errno, error.errMsg], [500, 600001, 'request:fail HTTP 500'])
  assert.equal(s.logins, 1)
  error = await s.rejected(wxp.requestNeedLogin(s.home()), 'request_failed', 'request')
  assert.equal(error.statusCode, 401)
  assert.equal(s.logins, 2)
})

scenario('rule 12: with callbacks, fail gets an errMsg that begins as wx begins it', async s => {
  s.phone.will('login', fails('login:fail', 4))
  const wxp = await s.start()
  const failed = () => new Promise(fail => wxp.requestNeedLogin({ ...s.home(), fail }))
  const own = await s.ok(failed())
  assert.deepEqual([own.name, own.code, own.errMsg], ['WxpError', 'login_failed', 'request:fail login:fail'])
  s.backend.will(HOME, failure('request:fail timeout', 5))
  assert.equal((await s.ok(failed())).errMsg, 'request:fail timeout')
})
