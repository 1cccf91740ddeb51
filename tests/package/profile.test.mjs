// Rule 7, TAP KEPT: getUserProfile is called inside the tap, and what the user consented to reaches
// the server with the session it was encrypted for, or not at all.
import assert from 'node:assert/strict'
import { answer, failure, late, NEVER, refuse } from './backend.mjs'
import { once, plain, scenario } from './scenario.mjs'
import { fails, TAP } from './wx.mjs'

const PROFILE = '/user/profile'
const DESC = '用于完善会员资料'
const tap = (s, wxp, args = { desc: DESC }) => s.phone.tap(() => wxp.loginWithProfile(args))

scenario('rule 7: consent, then the profile reaches the server with the session\'s token', async s => {
  const wxp = await s.active()
  const res = await s.ok(tap(s, wxp, { desc: DESC, lang: 'zh_CN' }))
  assert.equal(res.data.data.nickName, 'Band')
  const [request] = s.backend.to(PROFILE)
  assert.deepEqual(Object.keys(request.data).sort(), ['encryptedData', 'iv', 'rawData', 'signature'])
  assert.equal(request.method, 'POST')
  assert.equal(request.bearer, await s.ok(wxp.getToken()))
  assert.equal(s.logins, 1, 'no login after the consent: it would change the session_key')
  const [call] = s.phone.calls.filter(call => call.api === 'getUserProfile')
  assert.deepEqual([call.args.desc, call.args.lang], [DESC, 'zh_CN'])
})

scenario('rule 7: getUserProfile is called synchronously, before anything else', async s => {
  const wxp = await s.active()
  const before = s.phone.calls.length
  const call = s.phone.tap(() => {
    const call = wxp.loginWithProfile({ desc: DESC })
    assert.equal(s.phone.calls[before].api, 'getUserProfile')
    return call
  })
  await s.ok(call)
})

scenario('rule 7: with the WASM not loaded yet the user is asked at once, in the tap', async s => {
  const wxp = s.create()
  const call = tap(s, wxp)
  assert.equal(s.phone.count('getUserProfile'), 1)
  const { ok, value, error } = await s.outcome(call)
  // Without a session from before there is no key the data could be encrypted for.
  if (ok) assert.equal(value.data.data.nickName, 'Band')
  else s.isError(error, 'session_key_stale', 'profile')
  await s.ok(wxp.ensureLogin())
  assert.equal((await s.ok(tap(s, wxp))).data.data.nickName, 'Band')
})

scenario('rule 7: with the WASM not loaded yet and a stored session the submit goes through', async s => {
  await s.active()
  s.launch()
  const wxp = s.create()
  const res = await s.ok(tap(s, wxp))
  assert.equal(res.data.data.nickName, 'Band')
  assert.equal(s.logins, 1)
})

scenario('rule 7: with the WASM not loaded yet a refusal is a refusal', async s => {
  s.phone.will('getUserProfile', fails('getUserProfile:fail auth deny'))
  const wxp = s.create()
  await s.rejected(tap(s, wxp), 'profile_denied', 'profile')
})

scenario('rule 7: a consent for a WASM that never loads rejects', async s => {
  s.wasm.next.push(new Error('a'), new Error('b'))
  s.phone.will('getUserProfile', { after: 3_000 })
  const wxp = s.create()
  const call = s.watch(tap(s, wxp))
  await s.clock.advance(1_000)
  s.isError((await s.outcome(call)).error, 'wasm_unavailable', 'load')
  await s.ok(wxp.ensureLogin())
})

scenario('rule 7: no session at the tap rejects not_logged_in, logs in and does not spend the consent', async s => {
  const wxp = await s.start()
  const error = await s.rejected(tap(s, wxp), 'not_logged_in', 'profile')
  assert.equal(error.retryable, true)
  assert.equal(s.phone.count('getUserProfile'), 0)
  await s.clock.advance(1_000)
  assert.deepEqual([s.logins, wxp.session.status], [1, 'active'])
  await s.ok(tap(s, wxp))
})

for (const [what, prepare, code] of [
  ['the user refuses', s => s.phone.always('getUserProfile', fails('getUserProfile:fail auth deny')), 'profile_denied'],
  ['the user cancels', s => s.phone.always('getUserProfile', fails('getUserProfile:fail user cancel')), 'profile_denied'],
  ['the refusal has a number only', s => s.phone.always('getUserProfile', fails('getUserProfile:fail', 103)), 'profile_denied'],
  ['privacy is not agreed', s => { s.phone.privacyAgreed = false }, 'profile_privacy'],
  ['the privacy agreement does not declare it', s => s.phone.always('getUserProfile', fails('getUserProfile:fail api scope is not declared in the privacy agreement', 112)), 'profile_privacy'],
  ['the WeChat client says something else', s => s.phone.always('getUserProfile', fails('getUserProfile:fail invalid scope', undefined, { err_code: -12001 })), 'profile_failed'],
  ['the client is a plugin without the API', s => s.phone.lacks('getUserProfile'), 'profile_failed'],
]) {
  scenario(`rule 7: ${what} → ${code}`, async s => {
    const wxp = await s.active()
    prepare(s)
    await s.rejected(tap(s, wxp), code, 'profile')
    assert.equal(s.backend.to(PROFILE).length, 0)
    assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
    assert.equal(s.logins, 1)
  })
}

scenario('rule 7: outside a tap → profile_needs_tap, with and without the final dot', async s => {
  const wxp = await s.active()
  const error = await s.rejected(wxp.loginWithProfile({ desc: DESC }), 'profile_needs_tap', 'profile')
  assert.equal(error.errMsg, TAP)
  s.phone.will('getUserProfile', fails(TAP.slice(0, -1)))
  await s.rejected(wxp.loginWithProfile({ desc: DESC }), 'profile_needs_tap')
})

scenario('rule 7: after a timer the tap is lost, and the error says what to do', async s => {
  const wxp = await s.active()
  let call
  s.phone.tap(() => s.sandbox.global.setTimeout(() => { call = s.watch(wxp.loginWithProfile({ desc: DESC })) }, 1))
  await s.clock.advance(10)
  const error = await s.rejected(call, 'profile_needs_tap')
  assert.match(error.message, /tap handler/)
})

for (const desc of [undefined, '', '这一段用途说明实在是太长了超过十五个字', 'x'.repeat(31)]) {
  scenario(`rule 7: desc ${JSON.stringify(desc)} → profile_desc`, async s => {
    const wxp = await s.active()
    await s.rejected(tap(s, wxp, { desc }), 'profile_desc', 'profile')
  })
}

once('rule 7: no arguments at all reject instead of throwing', async s => {
  const wxp = await s.active()
  await s.rejected(s.phone.tap(() => wxp.loginWithProfile()), 'profile_desc')
})

scenario('rule 7: the anonymous profile of today\'s WeChat → profile_anonymous, nothing sent', async s => {
  s.phone.profile = { nickName: '微信用户', gender: 0, avatarUrl: 'https://thirdwx.qlogo.cn/132', language: '', city: '' }
  const wxp = await s.active()
  await s.rejected(tap(s, wxp), 'profile_anonymous', 'profile')
  assert.equal(s.backend.to(PROFILE).length, 0)
})

once('rule 7: a person who is called 微信用户 and gives a gender is not anonymous', async s => {
  s.phone.profile = { nickName: '微信用户', gender: 2 }
  const wxp = await s.active()
  await s.ok(tap(s, wxp))
})

// ---- the submit ---------------------------------------------------------------------------------

for (const [what, reply] of [
  ['a stale key (409)', refuse(40901, 'session key stale', 409)],
  ['a stale key (body code)', refuse(40901)],
  ['a 401', answer(401, { code: 401, msg: 'token expired', data: null })],
]) {
  scenario(`rule 7: ${what} → session_key_stale after a silent login; never replayed`, async s => {
    const wxp = await s.active()
    s.backend.will(PROFILE, reply)
    const error = await s.rejected(tap(s, wxp), 'session_key_stale', 'profile')
    assert.equal(error.retryable, true)
    await s.clock.advance(1_000)
    assert.deepEqual([s.backend.to(PROFILE).length, s.logins, wxp.session.status], [1, 2, 'active'])
    assert.equal((await s.ok(tap(s, wxp))).data.data.nickName, 'Band')
  })
}

for (const [what, reply, code] of [
  ['HTTP 500', answer(500, 'oops'), 'profile_failed'],
  ['a body code that is no success', refuse(40001, 'bad signature'), 'profile_failed'],
  ['a transport failure', failure('request:fail -102:net::ERR_CONNECTION_REFUSED', 600001), 'network'],
  ['a timeout of wx', failure('request:fail timeout', 5), 'timeout'],
  ['a server that never answers', NEVER, 'timeout'],
]) {
  scenario(`rule 7: ${what} on the submit → ${code}`, async s => {
    const wxp = await s.active()
    s.backend.will(PROFILE, reply)
    await s.rejected(tap(s, wxp), code, 'profile')
    assert.equal(s.backend.to(PROFILE).length, 1)
    assert.equal(s.logins, 1)
    assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  })
}

scenario('rule 7: a token that expired while the user decided → session_key_stale, nothing sent', async s => {
  s.backend.life = 100
  const wxp = await s.active()
  s.phone.will('getUserProfile', { after: 200_000 })
  const call = s.watch(tap(s, wxp))
  await s.clock.advance(201_000)
  s.isError(call.error, 'session_key_stale', 'profile')
  assert.equal(s.backend.to(PROFILE).length, 0)
  assert.equal(s.logins, 2)
})

scenario('rule 7: a login in flight at the consent is waited for', async s => {
  s.backend.life = 1_000
  const wxp = await s.active()
  await s.clock.advance(950_000)
  s.phone.will('login', { after: 3_000 })
  s.phone.will('getUserProfile', { after: 1_000 })
  const renewal = wxp.requestNeedLogin(s.home())
  const submit = tap(s, wxp)
  const [request, profile] = await s.outcomes([renewal, submit])
  assert.ok(request.ok)
  // The renewal changed the key after the consent was given with the old one,
  // or before: both end defined.
  if (profile.ok) assert.equal(profile.value.data.data.nickName, 'Band')
  else s.isError(profile.error, 'session_key_stale')
  const at = api => s.phone.calls.filter(call => call.api === api).map(call => call.at)
  assert.ok(s.backend.to(PROFILE).every(request => request.at >= at('login')[1] + 3_000))
})

scenario('rule 7: no login starts until the submit is answered', async s => {
  s.backend.life = 1_000
  const wxp = await s.active()
  await s.clock.advance(935_000)
  s.backend.will(PROFILE, (request, own) => late(5_000, own()))
  const submit = s.watch(tap(s, wxp))
  await s.clock.advance(1_000)
  const request = s.watch(wxp.requestNeedLogin(s.home()))
  await s.clock.advance(2_000)
  assert.equal(s.logins, 1, 'the renewal waits for the submit')
  await s.clock.advance(60_000)
  assert.ok(submit.ok && request.ok)
  assert.equal(submit.value.data.data.nickName, 'Band')
})

scenario('rule 7: a submit that is never answered does not keep logins back for ever', async s => {
  const wxp = await s.active()
  s.backend.will(PROFILE, NEVER)
  const submit = s.watch(tap(s, wxp))
  await s.clock.advance(1_000)
  s.backend.forgetTokens()
  const [profile, request] = await s.outcomes([submit, wxp.requestNeedLogin(s.home())])
  s.isError(profile.error, 'timeout', 'profile')
  assert.equal(request.value.statusCode, 200)
})

scenario('rule 7: logout while the user decides → logged_out, nothing sent', async s => {
  const wxp = await s.active()
  s.phone.will('getUserProfile', { after: 2_000 })
  const call = s.watch(tap(s, wxp))
  await s.clock.advance(500)
  wxp.logout()
  await s.rejected(call, 'logged_out')
  assert.equal(s.backend.to(PROFILE).length, 0)
})

scenario('rule 7: a logout before the tap is no logout since the tap', async s => {
  const wxp = await s.active()
  await s.ok(wxp.logout())
  await s.ok(wxp.ensureLogin())
  assert.equal((await s.ok(tap(s, wxp))).data.data.nickName, 'Band')
})

scenario('rule 7: logout and a new login while the user decides → logged_out all the same', async s => {
  const wxp = await s.active()
  s.phone.will('getUserProfile', { after: 5_000 })
  const call = s.watch(tap(s, wxp))
  wxp.logout()
  await s.ok(wxp.ensureLogin())
  await s.rejected(call, 'logged_out')
  assert.equal(s.backend.to(PROFILE).length, 0)
})

scenario('rule 7: wxp.login changes the key, so the next submit is session_key_stale until our login', async s => {
  const wxp = await s.active()
  const { code } = await s.ok(wxp.login())
  assert.ok(code)
  await s.rejected(tap(s, wxp), 'session_key_stale')
  await s.ok(wxp.ensureLogin())
  await s.ok(tap(s, wxp))
})

scenario('rule 7: two taps at once both settle', async s => {
  const wxp = await s.active()
  const all = await s.outcomes([tap(s, wxp), tap(s, wxp)])
  assert.ok(all.every(one => one.ok))
})

once('rule 7: a profile that the user never decides about holds nobody up', async s => {
  const wxp = await s.active()
  s.phone.will('getUserProfile', NEVER)
  const call = s.watch(tap(s, wxp))
  s.backend.forgetTokens()
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  assert.equal(call.settled, false)
  wxp.dispose()
  await s.clock.advance(1)
  s.isError(call.error, 'disposed')
  assert.deepEqual(plain(s.backend.to(PROFILE)), [])
})
