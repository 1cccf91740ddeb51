// Rules 17 and 19: loading the WASM through WXWebAssembly alone, and the calls that wait for it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HOME } from './backend.mjs'
import { compile } from './sandbox.mjs'
import { ASYNC, once, plain, scenario, Scenario } from './scenario.mjs'
import { fails } from './wx.mjs'

const PATH = '/miniprogram_npm/miniprogram-login/miniprogram_login.wasm.br'

test('sandbox: nothing is there that some device lacks', () => {
  const { sandbox } = new Scenario()
  for (const name of ['WebAssembly', 'TextDecoder', 'TextEncoder', 'URL', 'fetch', 'queueMicrotask', 'performance', 'crypto', 'process', 'Buffer', 'FinalizationRegistry', 'WeakRef', 'BigInt', 'Intl', 'structuredClone', 'atob', 'window', 'require']) {
    assert.equal(sandbox.evaluate(`typeof ${name}`), 'undefined', name)
  }
  assert.throws(() => sandbox.evaluate('new Function("return 1")'), /Code generation from strings disallowed/)
})

test('sandbox: modules that iOS refuses are refused', () => {
  const bytes = (...sections) => Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, ...sections.flat()])
  const tables = [4, 7, 2, 0x70, 0, 0, 0x6f, 0, 0]
  const global = [6, 6, 1, 0x7f, 0, 0x41, 0, 0x0b]
  const exported = [7, 5, 1, 1, 103, 3, 0]
  assert.throws(() => compile(bytes(tables)), /more than one table/)
  assert.throws(() => compile(bytes(global, exported)), /exports global g/)
  assert.ok(compile(bytes(global)))
})

scenario('rule 17: loads through WXWebAssembly.instantiate with a path in the code package, once', async s => {
  const wxp = await s.start()
  assert.deepEqual(s.wasm.asked, [PATH])
  assert.equal(await s.ok(wxp.ready), 'wasm')
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
})

once('rule 17: an instantiate that resolves with the instance itself will do', async s => {
  s.wasm.shape = 'instance'
  await s.active()
})

once('createWxp is synchronous; until the WASM has loaded the session says so', async s => {
  const wxp = s.create()
  assert.deepEqual(plain(wxp.session), { status: 'loading', expiresAt: null, generation: 0 })
  await s.ok(wxp.ready)
  assert.equal(wxp.session.status, 'none')
  const login = s.watch(wxp.ensureLogin())
  assert.equal(wxp.session.status, 'logging-in')
  await s.clock.advance(1_000)
  assert.ok(login.ok)
  assert.deepEqual([wxp.session.status, wxp.session.generation, typeof wxp.session.expiresAt], ['active', 1, 'number'])
})

once('rule 16: isWxpError knows the errors of another copy of the package, where instanceof does not', async s => {
  const wxp = s.create({ profile: {} })
  const error = await s.rejected(wxp.loginWithProfile({ desc: 'x' }), 'config')
  const own = s.sandbox.package, other = new Scenario().sandbox.package
  assert.deepEqual([error instanceof own.WxpError, error instanceof other.WxpError], [true, false])
  assert.deepEqual([own.isWxpError(error), other.isWxpError(error)], [true, true])
  for (const no of [undefined, null, 0, '', 'WxpError', {}, new Error('WxpError'), { errMsg: 'request:fail' }]) assert.equal(own.isWxpError(no), false)
})

scenario('createWxp works at the top of app.js, without getApp, globalData or App', async s => {
  for (const name of ['getApp', 'getCurrentPages']) delete s.sandbox.global[name]
  const wxp = s.create()
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
})

scenario('rule 19: calls made before the load run in call order afterwards', async s => {
  const wxp = s.create()
  const names = Array.from({ length: 8 }, (_, i) => `n${i}`)
  const calls = names.map(name => wxp.requestNeedLogin(s.home(name)))
  assert.equal(s.backend.requests.length, 0)
  await s.outcomes(calls)
  assert.deepEqual(s.backend.to('/user/home').map(request => request.query.get('name')), names)
})

scenario('rule 19: ensureLogin, logout and a request made before the load keep their order', async s => {
  const wxp = s.create()
  const [first, out, second] = await s.outcomes([wxp.ensureLogin(), wxp.logout(), wxp.requestNeedLogin(s.home())])
  s.isError(first.error, 'logged_out', 'logout')
  assert.ok(out.ok)
  assert.equal(second.value.statusCode, 200)
}, ASYNC)

/** Calls of every kind that waits for a login, and the paths that they ask for, in order. */
function mixed(s, wxp) {
  const file = { url: '/user/home?name=up', filePath: 'a', name: 'f' }
  const calls = [
    wxp.requestNeedLogin(s.home('a')), wxp.ensureLogin(), wxp.loginWithPhone({ code: s.backend.issueCode(false) }),
    wxp.uploadFileNeedLogin(file), wxp.getToken(), wxp.requestNeedLogin({ url: '/user/home?name=b' }), wxp.downloadFileNeedLogin(s.home('down')),
  ]
  return { calls, asked: ['/user/weixin-login', 'a', '/user/phone', 'up', 'b', 'down'] }
}

/** The calls by their places, in the order in which they settle. */
function settling(calls) {
  const order = []
  calls.forEach((call, i) => call.then(() => order.push(i), () => order.push(i)))
  return order
}

scenario('rule 19: calls of all kinds made before the load go on in call order after one login', async s => {
  const wxp = s.create()
  const { calls, asked } = mixed(s, wxp)
  const order = settling(calls)
  const all = await s.outcomes(calls)
  assert.ok(all.every(one => one.ok), String(all.map(one => one.error)))
  assert.deepEqual([s.logins, s.exchanges], [1, 1])
  assert.deepEqual(s.backend.requests.map(request => request.query.get('name') || request.path), asked)
  // Who wants no more than the login settles with it.
  assert.deepEqual(order, [1, 4, 0, 2, 3, 5, 6])
})

scenario('rule 19: calls of all kinds made before the load reject in call order after one failed login', async s => {
  s.phone.always('login', fails('login:fail', 4))
  const wxp = s.create()
  const { calls } = mixed(s, wxp)
  const order = settling(calls)
  for (const { error } of await s.outcomes(calls)) s.isError(error, 'login_failed', 'login')
  assert.equal(s.logins, 1)
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6])
})

scenario('rule 19: calls made while they wait for a login go on in call order too', async s => {
  const wxp = await s.start()
  s.phone.will('login', { after: 1_000 })
  const { calls, asked } = mixed(s, wxp)
  await s.outcomes(calls)
  assert.deepEqual(s.backend.requests.map(request => request.query.get('name') || request.path), asked)
}, ASYNC)

for (const [what, prepare, more, says, retryable = true] of [
  ['a missing .wasm.br', () => {}, { wasmPath: '/sub/miniprogram_npm/miniprogram-login/nothing.wasm.br' }, '/sub/miniprogram_npm/miniprogram-login/nothing.wasm.br'],
  ['an absent WXWebAssembly', s => { delete s.sandbox.global.WXWebAssembly }, {}, PATH, false],
  ['a module that is refused twice', s => s.wasm.next.push(new Error('CompileError: invalid wasm file'), new Error('CompileError: invalid wasm file')), {}, PATH],
  ['no answer within loadTimeout', s => s.wasm.next.push('never', 'never'), { loadTimeout: 2_000 }, PATH],
  ['an instantiate that throws', s => { s.sandbox.global.WXWebAssembly = { instantiate() { throw new Error('only support file type .wasm or .wasm.br') } } }, {}, PATH],
]) {
  scenario(`rule 17: ${what} rejects ready and every waiting call with the path that was tried`, async s => {
    prepare(s)
    const wxp = s.create(more)
    const calls = [wxp.ready, wxp.requestNeedLogin(s.home()), wxp.ensureLogin(), wxp.getToken(), wxp.uploadFileNeedLogin({ url: '/up', filePath: 'a', name: 'f' })]
    for (const { error } of await s.outcomes(calls)) {
      s.isError(error, 'wasm_unavailable', 'load')
      assert.ok(error.message.includes(says), error.message)
      assert.equal(error.retryable, retryable)
    }
    assert.equal(s.backend.requests.length, 0)
  })
}

once('rule 17: a wasmPath that nobody can load is told from a module that is refused', async s => {
  for (const wasmPath of ['data:application/wasm;base64,AGFzbQEAAAA', '/assets/miniprogram_login.br', '/a.wasm?url']) {
    const error = await s.rejected(s.create({ wasmPath }).ready, 'wasm_unavailable', 'load')
    assert.match(error.message, /wasmPath should be left out.*miniprogram-login\/bundler/)
    assert.equal(error.retryable, false)
  }
})

once('rule 17: neither a path nor what is said of it is quoted at length', async s => {
  const wasmPath = 'data:application/wasm;base64,' + 'AGFzbQEAAAA'.repeat(5_000)
  s.wasm.next.push(...Array(2).fill(new Error(`no such file ${wasmPath}`)))
  const wxp = s.create({ wasmPath })
  const error = await s.rejected(wxp.ready, 'wasm_unavailable', 'load')
  assert.ok(error.message.length < 800 && error.errMsg.length < 400, error.message)
  for (const part of ['data:application/wasm;base64,', 'no such file data:']) assert.ok(error.message.includes(part), error.message)
})

test('where there is no wx, createWxp says so', () => {
  const s = new Scenario()
  delete s.sandbox.global.wx
  assert.throws(() => s.create(), /^TypeError: createWxp: there is no wx here/)
  const wxp = s.create({ wx: s.phone.wx })
  wxp.dispose()
})

once('rule 17: a load that nobody watches causes no unhandled rejection', async s => {
  s.wasm.next.push(new Error('a'), new Error('b'))
  s.create()
  await s.clock.advance(60_000)
})

once('rule 17: a module refused now and then on iOS is asked for twice', async s => {
  s.wasm.next.push(new Error('CompileError: invalid wasm file'))
  await s.active()
  assert.equal(s.wasm.asked.length, 2)
})

scenario('rule 18: a failed load is retried by the next call', async s => {
  s.wasm.next.push(new Error('a'), new Error('b'))
  const wxp = s.create()
  const failed = wxp.ready
  await s.rejected(failed, 'wasm_unavailable')
  const call = wxp.requestNeedLogin(s.home())
  assert.notEqual(wxp.ready, failed)
  assert.equal((await s.ok(call)).statusCode, 200)
  await s.ok(wxp.ready)
})

once('rule 17: a module that comes after loadTimeout is not used', async s => {
  s.wasm.takes = 5_000
  const wxp = s.create({ loadTimeout: 1_000 })
  await s.rejected(wxp.requestNeedLogin(s.home()), 'wasm_unavailable')
  await s.clock.advance(10_000)
  assert.equal(s.backend.requests.length, 0)
  s.wasm.takes = 20
  await s.ok(wxp.requestNeedLogin(s.home()))
})

once('options wx, WXWebAssembly and wasmPath replace the globals and the path', async s => {
  const asked = []
  const api = { instantiate: (path, imports) => (asked.push(path), s.wasm.api.instantiate(PATH, imports)) }
  const { wx } = s.sandbox.global
  delete s.sandbox.global.wx
  delete s.sandbox.global.WXWebAssembly
  const { createWxp } = s.sandbox.package
  const wxp = createWxp({ ...s.options(), wx, WXWebAssembly: api, wasmPath: '/sub/x.wasm.br' })
  await s.ok(wxp.requestNeedLogin(s.home()))
  assert.deepEqual(asked, ['/sub/x.wasm.br'])
})

scenario('rule 18: several wxp share one instance and nothing else', async s => {
  s.homes.push('https://other.example.com')
  const first = s.create()
  const second = s.create({ baseUrl: 'https://other.example.com', login: { url: `/user/weixin-login` } })
  await s.outcomes([first.ensureLogin(), second.ensureLogin()])
  assert.equal(s.wasm.instances.length, 1)
  assert.equal(s.exchanges, 2)
  await s.ok(first.requestNeedLogin(s.home()))
  const foreign = await s.ok(second.requestNeedLogin(s.home()))
  assert.equal(foreign.statusCode, 401, 'the token of one is nothing to the other')
  await s.ok(first.logout())
  assert.equal(first.session.status, 'none')
  assert.equal(second.session.status, 'active')
  assert.deepEqual(s.backend.to(`/user/weixin-login`).map(request => request.origin), [HOME, 'https://other.example.com'])
})
