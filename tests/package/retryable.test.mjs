// Rule 16: whether repeating a call may help is the error's, by what wx said.
import assert from 'node:assert/strict'
import { failure, HOME } from './backend.mjs'
import { once } from './scenario.mjs'

for (const [api, errMsg, errno, code, retryable] of [
  ['uploadFile', 'uploadFile:fail file not found', undefined, 'request_failed', false],
  ['request', 'request:fail parameter error: parameter.url should be String', 1001, 'request_failed', false],
  ['downloadFile', 'downloadFile:fail exceed max file size', undefined, 'request_failed', false],
  ['request', 'request:fail Could not connect to the server.', undefined, 'network', true],
  ['request', 'request:fail', undefined, 'request_failed', true],
]) {
  once(`rule 16: "${errMsg}" is ${retryable ? '' : 'not '}retryable, with a promise and with callbacks`, async s => {
    const wxp = await s.active()
    s.backend.always('/file', failure(errMsg, errno))
    const args = { url: `${HOME}/file`, filePath: 'a', name: 'f' }
    const error = await s.rejected(wxp[api + 'NeedLogin'](args), code, 'request')
    assert.deepEqual([error.retryable, error.errMsg], [retryable, errMsg])
    const heard = []
    wxp[api + 'NeedLogin']({ ...args, fail: err => heard.push([err.code, err.retryable, err.errMsg]) })
    await s.clock.advance(1_000)
    assert.deepEqual(heard, [[code, retryable, errMsg]])
  })
}

for (const [name, call, code, stage] of [
  ['login', wxp => wxp.ensureLogin(), 'login_failed', 'login'],
  ['request', wxp => wxp.ensureLogin(), 'exchange_failed', 'exchange'],
  ['uploadFile', wxp => wxp.uploadFileNeedLogin({ url: HOME, filePath: 'a', name: 'f' }), 'request_failed', 'request'],
  ['downloadFile', wxp => wxp.downloadFileNeedLogin({ url: HOME }), 'request_failed', 'request'],
  ['getUserProfile', wxp => wxp.loginWithProfile({ desc: 'x' }), 'profile_failed', 'profile'],
]) {
  once(`rule 16: a client without wx.${name} is told in words, and that repeating won't help`, async s => {
    const session = !['login', 'request'].includes(name)
    const wxp = session ? await s.active() : await s.start()
    delete s.phone.wx[name]
    const error = await s.rejected(s.phone.tap(() => call(wxp)), code, stage)
    assert.ok(error.message.includes(`this WeChat has no wx.${name}`), error.message)
    assert.equal(error.retryable, false)
  })
}

once('isWxpError knows the errors of another copy of the package, and nothing else', async s => {
  const { isWxpError, WxpError } = s.sandbox.package
  s.launch()
  const error = await s.rejected((await s.start()).loginWithPhone({ code: '' }), 'phone_failed')
  assert.deepEqual([isWxpError(error), error instanceof WxpError], [true, false])
  for (const other of [new Error('x'), undefined, null, 'WxpError', {}]) assert.equal(isWxpError(other), false)
})
