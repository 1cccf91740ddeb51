// Rule 14, ARGUMENTS ARE THE CALLER'S, and calls with callbacks.
import assert from 'node:assert/strict'
import { failure, NEVER } from './backend.mjs'
import { ASYNC, once, scenario } from './scenario.mjs'
import { fails } from './wx.mjs'

const HOME = '/user/home'

/** What the callbacks of one call heard, in order. */
function listeners() {
  const heard = []
  const hear = name => result => heard.push([name, result])
  return { heard, names: () => heard.map(([name]) => name), success: hear('success'), fail: hear('fail'), complete: hear('complete') }
}

scenario('rule 14: args and headers are never changed, and can be sent twice', async s => {
  const wxp = await s.start()
  const args = { url: HOME, method: 'POST', header: { 'X-App': '1' }, data: { list: [1, { a: 2 }] } }
  const before = structuredClone(args)
  const all = await s.outcomes([wxp.requestNeedLogin(args), wxp.requestNeedLogin(args)])
  assert.ok(all.every(one => one.ok))
  s.backend.forgetTokens()
  await s.ok(wxp.requestNeedLogin(args))
  assert.deepEqual(args, before)
  assert.equal(s.backend.to(HOME).pop().data, args.data, 'data goes to wx as it is, not as a copy')
})

scenario('rule 14: promisified calls do not change their args either', async s => {
  const wxp = s.create()
  const args = { url: 'https://api.example.com/x' }
  await s.outcomes([wxp.request(args), wxp.request(args)])
  await s.ok(wxp.request(args))
  assert.deepEqual(Object.keys(args), ['url'])
})

once('rule 14: what the caller changes after the call changes nothing that is sent on the replay but data', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home()))
  s.backend.forgetTokens()
  const args = { url: HOME, header: { 'X-App': '1' } }
  await s.ok(wxp.requestNeedLogin(args))
  assert.deepEqual(args, { url: HOME, header: { 'X-App': '1' } })
})

once('rule 14: login.header stays as it is, whatever wx does with what it is given', async s => {
  const { request } = s.phone.wx
  s.phone.wx.request = args => {
    args.header['X-Wx'] = '1'
    return request(args)
  }
  const header = { 'X-App': '1' }
  await s.active({ login: { url: '/user/weixin-login', header } })
  assert.deepEqual(header, { 'X-App': '1' })
})

// ---- callbacks ----------------------------------------------------------------------------------

scenario('callbacks: success, then complete, once each; the task alone is returned', async s => {
  const wxp = await s.start()
  const on = listeners()
  const task = wxp.requestNeedLogin({ ...s.home(), success: on.success, fail: on.fail, complete: on.complete })
  assert.equal(task.then, undefined)
  for (const method of ['abort', 'onHeadersReceived', 'offHeadersReceived', 'onChunkReceived', 'offChunkReceived']) assert.equal(typeof task[method], 'function')
  await s.clock.advance(10_000)
  assert.deepEqual(on.names(), ['success', 'complete'])
  assert.equal(on.heard[0][1].statusCode, 200)
  assert.equal(on.heard[0][1], on.heard[1][1], 'both get the same result')
})

scenario('callbacks: after a 401 and a replay they are still called once', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home()))
  s.backend.forgetTokens()
  const on = listeners()
  wxp.requestNeedLogin({ ...s.home(), success: on.success, fail: on.fail, complete: on.complete })
  await s.clock.advance(10_000)
  assert.deepEqual(on.names(), ['success', 'complete'])
  assert.equal(on.heard[0][1].statusCode, 200)
})

scenario('callbacks: a transport failure and a failed login come to fail, then complete, as WxpError', async s => {
  const wxp = await s.active()
  s.backend.will(HOME, failure('request:fail timeout', 5))
  const on = listeners()
  wxp.requestNeedLogin({ ...s.home(), ...on })
  await s.clock.advance(10_000)
  assert.deepEqual(on.names(), ['fail', 'complete'])
  s.isError(on.heard[0][1], 'timeout', 'request')
  await s.ok(wxp.logout())
  s.phone.always('login', fails('login:fail', 4))
  const again = listeners()
  wxp.requestNeedLogin({ ...s.home(), ...again })
  await s.clock.advance(10_000)
  assert.deepEqual(again.names(), ['fail', 'complete'])
  s.isError(again.heard[0][1], 'login_failed', 'login')
  s.heard.push(on.heard, again.heard)
})

for (const name of ['success', 'fail', 'complete']) {
  scenario(`callbacks: with ${name} alone no rejection is left unhandled`, async s => {
    const wxp = await s.active()
    s.backend.will(HOME, failure('request:fail timeout', 5))
    const on = listeners()
    const task = wxp.requestNeedLogin({ ...s.home(), [name]: on[name] })
    assert.equal(task.then, undefined)
    await s.clock.advance(10_000)
    assert.deepEqual(on.names(), name === 'success' ? [] : [name])
  })
}

scenario('callbacks: abort calls fail and complete once, at any stage', async s => {
  const wxp = s.create()
  const early = listeners()
  wxp.requestNeedLogin({ ...s.home(), ...early }).abort()
  await s.ok(wxp.ensureLogin())
  s.backend.will(HOME, NEVER)
  const sent = listeners()
  const task = wxp.requestNeedLogin({ ...s.home(), ...sent })
  await s.clock.advance(100)
  task.abort()
  task.abort()
  await s.clock.advance(1_000)
  for (const on of [early, sent]) {
    assert.deepEqual(on.names(), ['fail', 'complete'])
    s.isError(on.heard[0][1], 'aborted', 'request')
  }
})

scenario('callbacks: listeners of the task work before there is one', async s => {
  const wxp = s.create()
  const heard = []
  const task = wxp.requestNeedLogin({ ...s.home(), success: () => heard.push('success') })
  task.onHeadersReceived(res => heard.push(res.statusCode))
  await s.clock.advance(10_000)
  assert.deepEqual(heard, [200, 'success'])
}, ASYNC)

scenario('callbacks: one that throws goes to onError and disturbs nobody', async s => {
  const wxp = await s.start()
  s.expectedThrows = ['app bug']
  const on = listeners()
  wxp.requestNeedLogin({ ...s.home('a'), success: () => { throw new Error('app bug') }, complete: on.complete })
  const other = wxp.requestNeedLogin(s.home('b'))
  assert.equal((await s.ok(other)).data.data.name, 'b')
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home('c')))).data.data.name, 'c')
  assert.deepEqual(on.names(), ['complete'])
})

scenario('callbacks: a call made inside a callback runs like any other', async s => {
  const wxp = await s.start()
  const on = listeners()
  wxp.requestNeedLogin({ ...s.home('a'), success: () => wxp.requestNeedLogin({ ...s.home('b'), complete: on.complete }) })
  await s.clock.advance(10_000)
  assert.equal(on.heard[0][1].data.data.name, 'b')
  assert.equal(s.logins, 1)
})

scenario('callbacks: they come for uploads and downloads too', async s => {
  const wxp = await s.start()
  const [up, down] = [listeners(), listeners()]
  const tasks = [wxp.uploadFileNeedLogin({ url: HOME, filePath: 'a', name: 'f', ...up }), wxp.downloadFileNeedLogin({ url: HOME, ...down })]
  for (const task of tasks) assert.equal(typeof task.onProgressUpdate, 'function')
  await s.clock.advance(10_000)
  for (const on of [up, down]) assert.deepEqual(on.names(), ['success', 'complete'])
})

once('callbacks: undefined ones do not make it a callback call', async s => {
  const wxp = await s.start()
  const call = wxp.requestNeedLogin({ ...s.home(), success: undefined, fail: undefined })
  assert.equal((await s.ok(call)).statusCode, 200)
})

for (const args of [undefined, null, {}, { url: undefined }, { url: null }]) {
  once(`requestNeedLogin(${JSON.stringify(args)}) rejects as wx would fail, instead of throwing`, async s => {
    const wxp = await s.active()
    await s.rejected(wxp.requestNeedLogin(args), 'request_failed', 'request')
    for (const { args } of s.phone.calls.filter(call => call.api === 'request').slice(1)) assert.equal(args.header && args.header.Authorization, undefined)
  })
}
