// loginWithPhone: the code of a phone button, sent with the session's token.
import assert from 'node:assert/strict'
import { answer, failure, NEVER, refuse } from './backend.mjs'
import { once, scenario } from './scenario.mjs'
import { fails } from './wx.mjs'

const PHONE = '/user/phone'
const phoneCode = s => s.backend.issueCode(false)

scenario('loginWithPhone logs in first if needed and posts the code with the token', async s => {
  const wxp = await s.start()
  const res = await s.ok(wxp.loginWithPhone({ code: phoneCode(s) }))
  assert.deepEqual(res.data.data, { bound: true })
  const [request] = s.backend.to(PHONE)
  assert.deepEqual(Object.keys(request.data), ['code'])
  assert.equal(request.method, 'POST')
  assert.ok(request.bearer)
  assert.equal(s.logins, 1)
})

scenario('loginWithPhone before the WASM has loaded does the same', async s => {
  const wxp = s.create()
  await s.ok(wxp.loginWithPhone({ code: phoneCode(s) }))
  assert.equal(s.logins, 1)
})

scenario('rule 7: loginWithPhone is replayed once after a 401, since the code is not spent yet', async s => {
  const wxp = await s.active()
  s.backend.forgetTokens()
  await s.ok(wxp.loginWithPhone({ code: phoneCode(s) }))
  assert.deepEqual([s.logins, s.backend.to(PHONE).length], [2, 2])
})

scenario('rule 7: the second 401 is phone_failed', async s => {
  s.backend.always(PHONE, answer(401, { code: 401, msg: 'no', data: null }))
  const wxp = await s.active()
  const error = await s.rejected(wxp.loginWithPhone({ code: phoneCode(s) }), 'phone_failed', 'phone')
  assert.equal(error.statusCode, 401)
  assert.equal(s.backend.to(PHONE).length, 2)
})

for (const [code, reply] of [
  ['phone_failed', refuse(40029, 'invalid phone code')],
  ['phone_failed', answer(500, 'oops')],
  ['session_key_stale', refuse(40901, 'stale', 409)],
  ['network', failure('request:fail -102:net::ERR_CONNECTION_REFUSED', 600001)],
  ['timeout', NEVER],
]) {
  scenario(`loginWithPhone: ${JSON.stringify(reply.fail || reply.data || 'silence')} is ${code}`, async s => {
    const wxp = await s.active()
    s.backend.will(PHONE, reply)
    await s.rejected(wxp.loginWithPhone({ code: phoneCode(s) }), code, 'phone')
    assert.equal(s.backend.to(PHONE).length, 1)
  })
}

scenario('loginWithPhone rejects with the login\'s error when the login fails', async s => {
  s.phone.always('login', fails('login:fail', 4))
  const wxp = await s.start()
  await s.rejected(wxp.loginWithPhone({ code: phoneCode(s) }), 'login_failed', 'login')
  assert.equal(s.backend.to(PHONE).length, 0)
})

scenario('rule 13: logout while the phone code waits for the login rejects it', async s => {
  const wxp = await s.start()
  s.phone.will('login', { after: 1_000 })
  const call = s.watch(wxp.loginWithPhone({ code: phoneCode(s) }))
  await s.clock.advance(100)
  wxp.logout()
  await s.rejected(call, 'logged_out')
  assert.equal(s.backend.to(PHONE).length, 0)
})

for (const args of [undefined, {}, { code: '' }, { code: undefined }]) {
  once(`loginWithPhone(${JSON.stringify(args)}): a refused button has no code, and nothing is sent`, async s => {
    const wxp = await s.active()
    await s.rejected(wxp.loginWithPhone(args), 'phone_failed', 'phone')
    assert.equal(s.backend.to(PHONE).length, 0)
  })
}

scenario('rule 3: loginWithPhone called in the fail callback of a request gets a login of its own', async s => {
  const wxp = await s.start()
  s.phone.will('login', fails('login:fail', 4))
  let phone
  wxp.requestNeedLogin({ url: '/user/home', fail() { phone = s.watch(wxp.loginWithPhone({ code: s.backend.issueCode(false) })) } })
  await s.clock.advance(1_000)
  const { ok, error } = await s.outcome(phone)
  assert.ok(ok, String(error))
  assert.equal(s.logins, 2)
})

scenario('rule 14: the phone code is the one that the call was made with', async s => {
  const wxp = await s.start()
  const codes = [s.backend.issueCode(false), s.backend.issueCode(false)]
  const args = { code: '' }
  const calls = codes.map(code => s.watch(wxp.loginWithPhone(Object.assign(args, { code }))))
  await s.outcomes(calls)
  assert.deepEqual(s.backend.to('/user/phone').map(request => request.data.code), codes)
})
