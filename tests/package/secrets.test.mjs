// Rule 16, NO TOKEN IN TEXT. Every scenario ends with this check; here wx and the server do their
// best to give secrets away.
import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { answer, failure, refuse } from './backend.mjs'
import { once, scenario } from './scenario.mjs'
import { fails } from './wx.mjs'

const LOGIN = '/user/weixin-login'
const PHONE_NUMBER = '13800138000'

scenario('rule 16: the token in wx\'s text', async s => {
  const wxp = await s.active()
  const token = await s.ok(wxp.getToken())
  for (const errMsg of [`request:fail bad header Authorization: Bearer ${token}`, `request:fail ${token.slice(0, 60)}`, `request:fail "${token}"`, `request:fail ${encodeURIComponent(token)}`]) {
    s.backend.will('/user/home', failure(errMsg))
    const error = await s.rejected(wxp.requestNeedLogin(s.home()), 'request_failed')
    assert.match(error.errMsg, /^request:fail /)
    assert.ok(error.errMsg.includes('[redacted]'), error.errMsg)
  }
})

scenario('rule 16: the code in the server\'s text', async s => {
  s.backend.always(LOGIN, ({ data }) => refuse(40029, `invalid code ${data.code}, rid: 66c69111-4157f271-729ca238`))
  const wxp = await s.start()
  await s.rejected(wxp.ensureLogin(), 'code_rejected')
  s.backend.always(LOGIN, ({ data }) => answer(500, { code: 500, msg: `TypeError at code="${data.code}"` }))
  await s.rejected(wxp.ensureLogin(), 'exchange_failed')
  s.backend.always(LOGIN, ({ data }) => failure(`request:fail body {"code":"${data.code}"}`))
  await s.rejected(wxp.ensureLogin(), 'exchange_failed')
})

scenario('rule 16: session_key, profile and phone number in texts', async s => {
  const wxp = await s.active()
  s.backend.secrets.add(PHONE_NUMBER)
  s.backend.will('/user/profile', ({ data }) => failure(`request:fail cannot send ${JSON.stringify(data)}`))
  await s.rejected(s.phone.tap(() => wxp.loginWithProfile({ desc: 'x' })), 'request_failed', 'profile')
  const code = s.backend.issueCode(false)
  s.backend.will('/user/phone', ({ data }) => failure(`request:fail code ${data.code} of ${PHONE_NUMBER}`))
  await s.rejected(wxp.loginWithPhone({ code }), 'request_failed', 'phone')
  s.phone.will('getUserProfile', fails(`getUserProfile:fail session_key ${s.backend.wechatKey}`))
  await s.rejected(s.phone.tap(() => wxp.loginWithProfile({ desc: 'x' })), 'profile_failed')
})

scenario('rule 16: wx.login and storage that quote secrets', async s => {
  s.phone.will('login', fails(`login:fail code ${s.backend.secret('code')}`))
  s.phone.always('setStorageSync', { throws: '' })
  const { wx } = s.phone
  wx.setStorageSync = (key, record) => { throw new Error(`setStorage:fail ${JSON.stringify(record)}`) }
  const wxp = await s.start()
  await s.rejected(wxp.ensureLogin(), 'login_failed')
  await s.ok(wxp.ensureLogin())
  assert.equal(s.told('error'), 2)
})

once('rule 16: hooks that throw with the secret in their message', async s => {
  const wxp = await s.start({ login: { url: LOGIN, body: ({ code }) => { throw new Error(`cannot sign ${code}`) } } })
  await s.rejected(wxp.ensureLogin(), 'hook_failed')
  const other = await s.start({ login: { url: LOGIN, readToken: res => { throw new Error(`no token in ${JSON.stringify(res.data)}`) } }, storage: { key: 'b' } })
  await s.rejected(other.ensureLogin(), 'hook_failed')
  const third = await s.active({ isUnauthorized: res => { throw new Error(`bearer ${s.backend.requests[s.backend.requests.length - 1].bearer}`) }, storage: { key: 'c' } })
  await s.ok(third.requestNeedLogin(s.home()))
  assert.equal(s.told('error'), 3)
})

once('rule 16: a short token is no secret the less', async s => {
  s.backend.mint = () => 'abc123'
  s.backend.describe = () => ({})
  const wxp = await s.active()
  s.backend.will('/user/home', failure('request:fail Bearer abc123 refused'))
  const error = await s.rejected(wxp.requestNeedLogin(s.home()), 'request_failed')
  assert.equal(error.errMsg, 'request:fail Bearer [redacted] refused')
})

once('rule 16: texts without secrets stay readable', async s => {
  const wxp = await s.active()
  for (const errMsg of ['request:fail errcode:-118 cronet_error_code:-118 error_msg:net::ERR_CONNECTION_TIMED_OUT', 'request:fail 发生了SSL错误，无法建立与该服务器的安全连接。', 'request:fail createRequestTask:fail: jsapi has no permission, runningState=suspend']) {
    s.backend.will('/user/home', failure(errMsg))
    assert.equal((await s.outcome(wxp.requestNeedLogin(s.home()))).error.errMsg, errMsg)
  }
})

once('rule 16: neither session nor wxp nor a call shows the token', async s => {
  const wxp = await s.active()
  const call = wxp.requestNeedLogin(s.home())
  s.heard.push(wxp.session, Object.keys(wxp).map(String))
  await s.ok(call)
  assert.ok(!JSON.stringify(wxp).includes('eyJ'))
})

scenario('rule 16: a console that opens a promise shows no token', async s => {
  const wxp = await s.active()
  const call = wxp.requestNeedLogin(s.home())
  await s.ok(call)
  for (const token of s.backend.tokens.keys()) assert.ok(!inspect(call, { depth: 5 }).includes(token))
})
