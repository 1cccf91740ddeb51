// Rule 11, RESPONSES AS WX GIVES THEM, and how failures of wx are told apart, whatever client and
// language wrote them.
import assert from 'node:assert/strict'
import { answer, failure, HOME } from './backend.mjs'
import { once, scenario } from './scenario.mjs'

for (const status of [200, 204, 301, 400, 403, 404, 409, 500, 502]) {
  scenario(`rule 11: status ${status} resolves with wx's own result object`, async s => {
    const wxp = await s.active()
    s.backend.will('/user/home', answer(status, { any: 'thing' }, { 'X-Request-Id': 'r1' }))
    const res = await s.ok(wxp.requestNeedLogin(s.home()))
    assert.deepEqual([res.statusCode, res.data, res.header['X-Request-Id'], res.errMsg], [status, { any: 'thing' }, 'r1', 'request:ok'])
  })
}

scenario('rule 11: the result is the very object that wx gave', async s => {
  const wxp = await s.active()
  const { request } = s.phone.wx
  let given
  s.phone.wx.request = args => request({ ...args, success: res => args.success(given = given || res) })
  assert.equal(await s.ok(wxp.requestNeedLogin(s.home())), given)
})

once('rule 11: a body that is no JSON stays the string it is', async s => {
  const wxp = await s.active()
  s.backend.will('/user/home', answer(502, '<html>bad gateway</html>'))
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).data, '<html>bad gateway</html>')
})

once('rule 11: uploads and downloads resolve with their own results', async s => {
  const wxp = await s.start()
  const up = await s.ok(wxp.uploadFileNeedLogin({ url: '/user/home', filePath: 'http://tmp/a.png', name: 'file' }))
  assert.deepEqual([up.statusCode, typeof up.data], [200, 'string'])
  const down = await s.ok(wxp.downloadFileNeedLogin({ url: `${HOME}/user/home` }))
  assert.deepEqual([down.statusCode, down.tempFilePath], [200, 'http://tmp/1'])
  assert.equal(s.logins, 1)
})

scenario('rule 11: an answer is delivered whatever its headers are and however they are spelt', async s => {
  const wxp = await s.active()
  for (const spell of [name => name.toLowerCase(), name => name.toUpperCase(), name => name]) {
    s.phone.headerCase = spell
    for (const header of [{}, { 'Content-Length': '2' }, { 'Content-Length': '99999' }]) {
      s.backend.will('/user/home', answer(200, { ok: 1 }, header))
      assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).data.ok, 1)
    }
  }
  const { request } = s.phone.wx
  s.phone.wx.request = args => request({ ...args, success: res => args.success({ ...res, header: undefined }) })
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
})

const MESSAGES = {
  timeout: [
    'request:fail timeout', 'request:fail 请求超时。', 'request:fail 请求超时', 'request:fail 要求逾時。', 'request:fail -7:net::ERR_TIMED_OUT',
    'request:fail net::ERR_TIMED_OUT', 'request:fail -118:net::ERR_CONNECTION_TIMED_OUT',
    'request:fail errcode:-118 cronet_error_code:-118 error_msg:net::ERR_CONNECTION_TIMED_OUT', 'request:fail time out',
  ],
  network: [
    'request:fail 似乎已断开与互联网的连接。', 'request:fail The Internet connection appears to be offline.', 'request:fail -106:net::ERR_INTERNET_DISCONNECTED',
    'request:fail Unable to resolve host "api.example.com": No address associated with hostname', 'request:fail request unknow host error', 'request:fail -105:net::ERR_NAME_NOT_RESOLVED',
    'request:fail 未能找到使用指定主机名的服务器。', 'request:fail 网络连接已中断。', 'request:fail 網絡連線中斷。', 'request:fail 目前不允许数据连接。',
    'request:fail -102:net::ERR_CONNECTION_REFUSED', 'request:fail -101:net::ERR_CONNECTION_RESET', 'request:fail -100:net::ERR_CONNECTION_CLOSED',
    'request:fail -103:net::ERR_CONNECTION_ABORTED', 'request:fail -109:net::ERR_ADDRESS_UNREACHABLE', 'request:fail -15:net::ERR_SOCKET_NOT_CONNECTED',
    'request:fail -324:net::ERR_EMPTY_RESPONSE', 'request:fail net::ERR_ADDRESS_INVALID', 'request:fail 无法连接服务器。',
    'request:fail -201:net::ERR_CERT_DATE_INVALID', 'request:fail net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH', 'request:fail 发生了SSL错误，无法建立与该服务器的安全连接。',
    'request:fail -130:net::ERR_PROXY_CONNECTION_FAILED', 'request:fail errcode:-130 cronet_error_code:-130 error_msg:net::ERR_PROXY_CONNECTION_FAILED',
    'request:fail kCFErrorDomainCFNetwork错误310', 'request:fail 未能完成该操作。协议错误', 'request:fail 无法解析响应',
  ],
  interrupted: [
    'request:fail interrupted', 'request:fail network interrupted error', 'request:fail errcode:10011 cronet_error_code:0 error_msg:network change, cancel all task',
    'request:fail createRequestTask:fail: jsapi has no permission, event=createRequestTask, runningState=suspend, permissionMsg=permission ok, detail=network api interrupted in suspend state',
  ],
  domain_not_allowed: ['request:fail url not in domain list'],
  aborted: ['request:fail abort'],
  request_failed: ['request:fail', 'request:fail ', 'request:fail invalid url "x"'],
}

for (const [code, messages] of Object.entries(MESSAGES)) {
  once(`rule 11: ${messages.length} texts of real clients without errno are ${code}`, async s => {
    s.phone.errno = false
    const wxp = await s.active()
    for (const errMsg of messages) {
      s.backend.will('/user/home', failure(errMsg))
      const { error } = await s.outcome(wxp.requestNeedLogin(s.home()))
      assert.equal(error.code, code, errMsg)
      s.isError(error, code, 'request')
      assert.equal(error.errMsg, errMsg)
      assert.ok(!('errno' in error) || error.errno === undefined)
    }
    assert.equal(s.logins, 1)
  })
}

once('rule 11: any text comes through whole: emoji, rare characters, half a character', async s => {
  const wxp = await s.active()
  for (const [errMsg, told] of [['request:fail 😀 𠮷野家 é', 'request:fail 😀 𠮷野家 é'], ['request:fail café', 'request:fail café'], ['request:fail \ud83d half', 'request:fail \ufffd half']]) {
    s.backend.will('/user/home', failure(errMsg))
    assert.equal((await s.outcome(wxp.requestNeedLogin(s.home()))).error.errMsg, told)
  }
  assert.equal((await s.ok(wxp.requestNeedLogin({ url: '/user/home?name=😀\ud83d' }))).statusCode, 200)
})

once('rule 11: texts of any length come through whole', async s => {
  const wxp = await s.active()
  for (const length of [999, 1000, 1001, 20_000]) {
    const token = 'x'.repeat(length - 1) + length % 10
    s.backend.mint = () => token
    await s.ok(wxp.logout())
    assert.equal(await s.ok(wxp.getToken()), token)
    assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  }
})

const NUMBERS = { 5: 'timeout', 600000: 'network', 600001: 'network', 600002: 'domain_not_allowed', 600003: 'interrupted', 600009: 'request_failed', 602001: 'request_failed' }

for (const [errno, code] of Object.entries(NUMBERS)) {
  scenario(`rule 11: errno ${errno} without a telling text is ${code}`, async s => {
    const wxp = await s.active()
    s.backend.will('/user/home', failure('request:fail', Number(errno)))
    const error = await s.rejected(wxp.requestNeedLogin(s.home()), code, 'request')
    assert.deepEqual([error.errMsg, error.errno], ['request:fail', Number(errno)])
  })
}

once('rule 11: a transport failure of an upload or a download is told apart alike', async s => {
  const wxp = await s.active()
  for (const call of [() => wxp.uploadFileNeedLogin({ url: '/user/home', filePath: 'a', name: 'f' }), () => wxp.downloadFileNeedLogin({ url: '/user/home' })]) {
    s.backend.will('/user/home', failure('request:fail timeout', 5))
    const error = await s.rejected(call(), 'timeout', 'request')
    assert.match(error.errMsg, /^(upload|download)File:fail timeout$/)
  }
})

once('rule 11: a wx.request that throws rejects like one that fails', async s => {
  const wxp = await s.active()
  s.phone.wx.request = () => { throw new Error('parameter error: parameter.url should be String') }
  await s.rejected(wxp.requestNeedLogin(s.home()), 'request_failed', 'request')
})

once('rule 16: what an exception says decides nothing, and is no errMsg', async s => {
  const wxp = await s.active()
  s.phone.wx.request = () => { throw new Error("undefined is not a function (near '...timeout...')") }
  const error = await s.rejected(wxp.requestNeedLogin(s.home()), 'request_failed', 'request')
  assert.equal('errMsg' in error, false)
  assert.match(error.message, /near '...timeout...'/)
})

once('rule 11: a client that gives no task back will do', async s => {
  const wxp = await s.active()
  const { request } = s.phone.wx
  s.phone.wx.request = args => void request(args)
  const call = wxp.requestNeedLogin(s.home())
  call.onHeadersReceived(() => {})
  assert.equal((await s.ok(call)).statusCode, 200)
  const aborted = wxp.requestNeedLogin(s.home())
  aborted.abort()
  await s.rejected(aborted, 'aborted')
})

once('rule 11: with the log option unset nothing is logged anywhere', async s => {
  const wxp = await s.start({ log: undefined })
  await s.ok(wxp.requestNeedLogin(s.home()))
  s.backend.will('/user/home', failure('request:fail timeout', 5))
  await s.rejected(wxp.requestNeedLogin(s.home()), 'timeout')
  assert.deepEqual(s.sandbox.console, [])
})
