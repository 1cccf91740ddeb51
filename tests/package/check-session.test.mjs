// Rule 5, CHECKSESSION ONCE, and what a restart takes over from storage.
import assert from 'node:assert/strict'
import { late, NEVER } from './backend.mjs'
import { once, scenario } from './scenario.mjs'
import { fails } from './wx.mjs'

/** A second launch of the app, after a first one that logged in. */
async function restarted(s, more) {
  const first = await s.active(more)
  await s.ok(first.requestNeedLogin(s.home()))
  s.launch()
  return s.create(more)
}

scenario('rule 5: a restored token is checked once per launch, for all callers', async s => {
  const wxp = await restarted(s)
  const all = await s.outcomes(Array.from({ length: 5 }, () => wxp.requestNeedLogin(s.home())))
  assert.ok(all.every(one => one.value.statusCode === 200))
  await s.ok(wxp.requestNeedLogin(s.home()))
  assert.deepEqual([s.phone.count('checkSession'), s.logins], [1, 1])
})

scenario('rule 5: a token that was not restored is not checked', async s => {
  await s.active()
  assert.equal(s.phone.count('checkSession'), 0)
})

for (const [what, failed] of Object.entries({
  'the localised text': fails('checkSession:fail 系统错误，错误码：-13001,session time out…need relogin'),
  'the plain text': fails('checkSession:fail session time out, need relogin'),
  'the number': fails('checkSession:fail', -13001),
})) {
  scenario(`rule 5: a session that timed out discards the token and logs in (${what})`, async s => {
    const wxp = await restarted(s)
    s.phone.will('checkSession', failed)
    await s.ok(wxp.requestNeedLogin(s.home()))
    assert.equal(s.logins, 2)
    assert.equal(s.told('expired'), 1)
  })
}

for (const [what, behaviour] of Object.entries({
  'a network failure': fails('checkSession:fail network error', 600001),
  'a failure without text': fails('checkSession:fail'),
  silence: NEVER,
  'an exception': { throws: 'not in plugins' },
})) {
  scenario(`rule 5: ${what} of checkSession trusts the token`, async s => {
    const wxp = await restarted(s)
    s.phone.will('checkSession', behaviour)
    await s.ok(wxp.requestNeedLogin(s.home()))
    assert.equal(s.logins, 1)
  })
}

once('rule 5: silence is waited for as long as checkSessionTimeout says', async s => {
  const wxp = await restarted(s, { checkSessionTimeout: 700 })
  s.phone.will('checkSession', NEVER)
  await s.ok(wxp.ready)
  const before = s.clock.now()
  await s.ok(wxp.ensureLogin())
  assert.equal(s.clock.now() - before, 700)
})

scenario('rule 5: never asks wx at all', async s => {
  const wxp = await restarted(s, { checkSession: 'never' })
  await s.ok(wxp.requestNeedLogin(s.home()))
  assert.deepEqual([s.phone.count('checkSession'), s.logins], [0, 1])
})

once('rule 5: a plugin has no checkSession and does without', async s => {
  const wxp = await restarted(s)
  s.phone.lacks('checkSession')
  await s.ok(wxp.requestNeedLogin(s.home()))
  assert.equal(s.logins, 1)
})

scenario('rule 5: logout while checkSession is asked rejects the waiters, and its late answer changes nothing', async s => {
  const wxp = await restarted(s)
  s.phone.will('checkSession', { after: 1_000 })
  await s.ok(wxp.ready)
  const call = s.watch(wxp.requestNeedLogin(s.home()))
  await s.clock.advance(100)
  wxp.logout()
  s.isError((await s.outcome(call)).error, 'logged_out', 'logout')
  await s.clock.advance(5_000)
  assert.deepEqual([wxp.session.status, s.logins], ['none', 1])
})

scenario('a restart reuses the stored token without a login', async s => {
  const wxp = await restarted(s)
  await s.ok(wxp.ready)
  assert.equal(wxp.session.status, 'active')
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  assert.deepEqual([s.logins, s.exchanges], [1, 1])
})

once('a restored token that the server no longer knows causes one login and one replay', async s => {
  const wxp = await restarted(s)
  s.backend.forgetTokens()
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  assert.equal(s.logins, 2)
})

once('a checked session that lies is no harm to the app: only the submit of a profile notices', async s => {
  const wxp = await restarted(s)
  s.backend.wechatKey = s.backend.secret('key')
  await s.ok(wxp.ensureLogin())
  const outcome = s.phone.tap(() => wxp.loginWithProfile({ desc: 'profile' }))
  await s.rejected(outcome, 'session_key_stale', 'profile')
  await s.ok(wxp.ensureLogin())
  const second = await s.ok(s.phone.tap(() => wxp.loginWithProfile({ desc: 'profile' })))
  assert.equal(second.data.data.nickName, 'Band')
})

scenario('rule 5: a request woken by a silent check, whose token is over by then, is sent once', async s => {
  const readToken = res => ({ token: res.data.data.authorizationToken, expiresIn: 3 })
  await s.active({ login: { url: '/user/weixin-login', readToken } })
  s.launch()
  s.phone.will('checkSession', { never: true })
  const wxp = await s.start()
  s.backend.always('/user/home', (request, own) => late(500, own()))
  const before = s.backend.to('/user/home').length
  await s.ok(wxp.requestNeedLogin(s.home()))
  assert.equal(s.backend.to('/user/home').length, before + 1)
})
