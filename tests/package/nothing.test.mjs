// What brings nothing where something should be has failed, at once.
import assert from 'node:assert/strict'
import { HOME } from './backend.mjs'
import { once } from './scenario.mjs'

const LOGIN = '/user/weixin-login'

/** Every way to bring nothing. */
const NOTHING = [['success', undefined], ['success', null], ['fail', undefined], ['fail', null]]

/** Lets a function of wx bring nothing for what `is` says, where the others would be answered. */
function brings(s, api, [callback, value], is = () => true) {
  const own = s.phone.wx[api]
  s.phone.wx[api] = args => {
    if (!is(args)) return own(args)
    args[callback](value)
    args.complete && args.complete(value)
    return { abort() {} }
  }
}

/** Rejects before any time has passed. */
async function atOnce(s, call, code, stage) {
  const before = s.clock.now()
  const error = await s.rejected(call, code, stage)
  assert.ok(s.clock.now() - before < 100, `${code} after ${s.clock.now() - before} ms`)
  return error
}

for (const nothing of NOTHING) {
  const what = `${nothing[0]}(${nothing[1]})`

  once(`${what} of wx.login is a failed login at once`, async s => {
    brings(s, 'login', nothing)
    const wxp = await s.start()
    await atOnce(s, wxp.ensureLogin(), 'login_failed', 'login')
    assert.equal(s.exchanges, 0)
  })

  once(`${what} of an exchange is a failed exchange at once, with login.readToken too`, async s => {
    brings(s, 'request', nothing, args => args.url.endsWith(LOGIN))
    await atOnce(s, (await s.start()).ensureLogin(), 'exchange_failed', 'exchange')
    const wxp = await s.start({ login: { url: LOGIN, readToken: () => assert.fail('there is no answer to read') } })
    await atOnce(s, wxp.ensureLogin(), 'exchange_failed', 'exchange')
  })

  once(`${what} of a phone number's post is request_failed at once`, async s => {
    const wxp = await s.active()
    brings(s, 'request', nothing, args => args.url.endsWith('/user/phone'))
    await atOnce(s, wxp.loginWithPhone({ code: s.backend.issueCode(false) }), 'request_failed', 'phone')
  })

  once(`${what} of a profile's post is request_failed at once`, async s => {
    const wxp = await s.active()
    brings(s, 'request', nothing, args => args.url.endsWith('/user/profile'))
    await atOnce(s, s.phone.tap(() => wxp.loginWithProfile({ desc: 'x' })), 'request_failed', 'profile')
  })

  once(`${what} of getUserProfile is profile_failed at once, and nothing is posted`, async s => {
    const wxp = await s.active()
    brings(s, 'getUserProfile', nothing)
    await atOnce(s, s.phone.tap(() => wxp.loginWithProfile({ desc: 'x' })), 'profile_failed', 'profile')
    assert.equal(s.backend.to('/user/profile').length, 0)
  })

  once(`${what} of a request, upload or download is request_failed at once`, async s => {
    const wxp = await s.active(), cold = await s.start({ storage: { key: 'other' } })
    for (const api of ['request', 'uploadFile', 'downloadFile']) brings(s, api, nothing, args => !args.url.endsWith(LOGIN))
    const file = { url: HOME, filePath: 'a', name: 'f' }
    for (const one of [wxp, cold]) {
      for (const [name, args] of [['request', s.home()], ['uploadFile', file], ['downloadFile', { url: HOME }]]) await atOnce(s, one[name + 'NeedLogin'](args), 'request_failed', 'request')
    }
    const heard = []
    wxp.requestNeedLogin({ ...s.home(), success: () => assert.fail(), fail: err => heard.push(err.errMsg), complete: err => heard.push(err.code) })
    assert.ok(heard[0].startsWith('request:fail '), heard[0])
    assert.equal(heard[1], 'request_failed')
  })

  if (nothing[0] === 'success') {
    once(`${what} of checkSession and setStorage is a success`, async s => {
      await s.active({ storage: { encrypt: true } })
      s.launch()
      brings(s, 'checkSession', nothing)
      brings(s, 'setStorage', nothing)
      const wxp = await s.start({ storage: { encrypt: true } })
      assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
      assert.equal(s.told('error'), 0)
    })
  }
}
