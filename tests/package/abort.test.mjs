// Rule 12, ABORT ONE, and the task's methods on a call that has no task yet.
import assert from 'node:assert/strict'
import { late, NEVER } from './backend.mjs'
import { ASYNC, once, scenario } from './scenario.mjs'

const HOME = '/user/home'

scenario('rule 12: abort while the WASM loads', async s => {
  const wxp = s.create()
  const [call, other] = [wxp.requestNeedLogin(s.home('a')), wxp.requestNeedLogin(s.home('b'))]
  call.abort()
  const error = await s.rejected(call, 'aborted', 'request')
  assert.equal(error.errMsg, 'request:fail abort')
  assert.equal((await s.ok(other)).data.data.name, 'b')
  assert.equal(s.backend.to(HOME).length, 1)
})

scenario('rule 12: abort rejects at once, not when wx gets round to it', async s => {
  const wxp = await s.active()
  s.backend.will(HOME, NEVER)
  const call = wxp.requestNeedLogin(s.home())
  const seen = s.watch(call)
  const before = s.clock.now()
  call.abort()
  await s.outcome(seen)
  assert.equal(s.clock.now(), before)
})

scenario('rule 12: abort during the login cancels one call and never the shared login', async s => {
  const wxp = await s.start()
  s.phone.will('login', { after: 1_000 })
  const calls = ['a', 'b', 'c'].map(name => wxp.requestNeedLogin(s.home(name)))
  const seen = calls.map(call => s.watch(call))
  await s.clock.advance(500)
  calls[0].abort()
  const [first, ...rest] = await s.outcomes(seen)
  s.isError(first.error, 'aborted')
  assert.ok(rest.every(one => one.ok))
  assert.deepEqual([s.logins, s.exchanges, s.backend.to(HOME).length], [1, 1, 2])
})

scenario('rule 12: abort of the only waiter lets the login finish', async s => {
  const wxp = await s.start()
  s.phone.will('login', { after: 1_000 })
  const call = wxp.requestNeedLogin(s.home())
  call.abort()
  await s.rejected(call, 'aborted')
  await s.clock.advance(5_000)
  assert.equal(wxp.session.status, 'active')
  assert.equal(s.backend.to(HOME).length, 0)
})

scenario('rule 12: abort of a sent request aborts it on the wire', async s => {
  const wxp = await s.active()
  s.backend.will(HOME, (request, own) => late(5_000, own()))
  const call = wxp.requestNeedLogin(s.home())
  const seen = s.watch(call)
  await s.clock.advance(100)
  call.abort()
  s.isError((await s.outcome(seen)).error, 'aborted')
  assert.equal(s.backend.to(HOME)[0].aborted, true)
})

scenario('rule 12: abort of a request whose task has no abort rejects it all the same', async s => {
  const wxp = await s.active()
  const { request } = s.phone.wx
  s.phone.wx.request = args => { request(args); return {} }
  s.backend.will(HOME, (request, own) => late(5_000, own()))
  const call = wxp.requestNeedLogin(s.home())
  const seen = s.watch(call)
  call.abort()
  s.isError((await s.outcome(seen)).error, 'aborted')
})

scenario('rule 12: abort while the login after a 401 runs sends nothing further', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home()))
  s.backend.forgetTokens()
  s.phone.will('login', { after: 2_000 })
  const call = wxp.requestNeedLogin(s.home('a'))
  const other = s.watch(wxp.requestNeedLogin(s.home('b')))
  const seen = s.watch(call)
  await s.clock.advance(500)
  call.abort()
  s.isError((await s.outcome(seen)).error, 'aborted')
  assert.ok((await s.outcome(other)).ok)
  assert.equal(s.backend.to(HOME).filter(request => request.query.get('name') === 'a').length, 1)
})

scenario('rule 12: abort of the replay', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home()))
  s.backend.forgetTokens()
  s.backend.will(HOME, (request, own) => late(10, own()), NEVER)
  const call = wxp.requestNeedLogin(s.home())
  const seen = s.watch(call)
  await s.clock.advance(2_000)
  assert.equal(s.backend.to(HOME).length, 3)
  call.abort()
  s.isError((await s.outcome(seen)).error, 'aborted')
  assert.equal(s.backend.to(HOME)[2].aborted, true)
})

scenario('rule 12: abort after the answer, or twice, changes nothing', async s => {
  const wxp = await s.active()
  const done = wxp.requestNeedLogin(s.home())
  await s.ok(done)
  done.abort()
  s.backend.will(HOME, NEVER)
  const counted = s.countAborts()
  const call = wxp.requestNeedLogin(s.home())
  call.abort()
  call.abort()
  await s.rejected(call, 'aborted')
  assert.equal(counted.aborts, 1)
})

scenario('rule 12: the answer to an aborted call asks nobody and changes nothing', async s => {
  const asked = []
  const wxp = await s.active({ isUnauthorized: res => (asked.push(res), true) })
  const { request } = s.phone.wx
  s.phone.wx.request = args => void request(args)
  s.backend.will(HOME, (request, own) => late(100, own()))
  const call = wxp.requestNeedLogin(s.home())
  call.abort()
  await s.rejected(call, 'aborted')
  await s.clock.advance(10_000)
  assert.deepEqual([asked.length, s.logins], [0, 1])
})

scenario('rule 12: abort of a replay aborts the replay, even where wx calls back at once', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home('first')))
  s.backend.forgetTokens()
  s.backend.will(HOME, (request, own) => own(), NEVER)
  const call = wxp.requestNeedLogin(s.home('a'))
  const seen = s.watch(call)
  await s.clock.advance(5_000)
  call.abort()
  s.isError((await s.outcome(seen)).error, 'aborted')
  const sent = s.backend.to(HOME).filter(request => request.query.get('name') === 'a')
  assert.deepEqual(sent.map(request => request.aborted), [false, true])
})

scenario('rule 12: uploads and downloads abort alike', async s => {
  const wxp = await s.active()
  s.backend.will(HOME, NEVER, NEVER)
  for (const call of [wxp.uploadFileNeedLogin({ url: HOME, filePath: 'a', name: 'f' }), wxp.downloadFileNeedLogin({ url: HOME })]) {
    const seen = s.watch(call)
    call.abort()
    s.isError((await s.outcome(seen)).error, 'aborted', 'request')
  }
  assert.ok(s.backend.to(HOME).every(request => request.aborted))
})

scenario('rule 12: an abort in a callback of the same call is harmless', async s => {
  const wxp = await s.active()
  let said = 0
  let task
  task = wxp.requestNeedLogin({ ...s.home(), success: () => { said++; task && task.abort() } })
  await s.clock.advance(1_000)
  assert.equal(said, 1)
})

for (const callbacks of [false, true]) {
  scenario(`rule 12: abort inside isUnauthorized ends the call, ${callbacks ? 'with callbacks' : 'as a promise'}`, async s => {
    let call
    const wxp = await s.active({ isUnauthorized: res => {
      if (call) call.abort()
      return res.statusCode === 401
    } })
    await s.ok(wxp.requestNeedLogin(s.home('first')))
    s.backend.forgetTokens()
    s.backend.will(HOME, (request, own) => late(100, own()))
    const heard = []
    const hear = name => () => heard.push(name)
    call = wxp.requestNeedLogin({ ...s.home('a'), ...callbacks && { success: hear('success'), fail: hear('fail'), complete: hear('complete') } })
    if (callbacks) await s.clock.advance(10_000)
    else await s.rejected(call, 'aborted')
    call = null
    await s.clock.advance(10_000)
    assert.deepEqual(heard, callbacks ? ['fail', 'complete'] : [])
    assert.equal(s.logins, 1, 'an answer to nobody renews nothing')
    assert.equal(s.backend.to(HOME).filter(request => request.query.get('name') === 'a').length, 1)
  })
}

scenario('rule 12: abort inside the expired event ends the call', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home('first')))
  s.backend.forgetTokens()
  s.backend.will(HOME, (request, own) => late(100, own()))
  const call = wxp.requestNeedLogin(s.home('a'))
  wxp.on('expired', () => call.abort())
  await s.rejected(call, 'aborted')
  await s.clock.advance(10_000)
  assert.equal(s.backend.to(HOME).filter(request => request.query.get('name') === 'a').length, 1)
})

/** How a request comes to a stage; `at` says when it is there. */
const STAGES = {
  'while the WASM loads': { cold: true, at: () => {} },
  'during the login': { prepare: s => s.phone.will('login', { after: 5_000 }), at: s => s.clock.advance(100) },
  'when it is sent': { warm: true, prepare: s => s.backend.will(HOME, NEVER), at: s => s.clock.advance(100) },
  'after a 401': { warm: true, prepare: s => { s.backend.forgetTokens(); s.phone.will('login', { after: 5_000 }) }, at: s => s.clock.advance(1_000) },
  'during the replay': { warm: true, prepare: s => { s.backend.forgetTokens(); s.backend.will(HOME, (request, own) => own(), NEVER) }, at: s => s.clock.advance(1_000) },
}

for (const [stage, { cold, warm, prepare = () => {}, at }] of Object.entries(STAGES)) {
  scenario(`rule 12: with callbacks, fail and complete come before abort() returns: ${stage}`, async s => {
    const wxp = cold ? s.create() : await s.start()
    if (warm) await s.ok(wxp.requestNeedLogin(s.home('before')))
    prepare(s)
    const heard = []
    const hear = name => result => heard.push([name, result && result.code])
    const task = wxp.requestNeedLogin({ ...s.home('a'), success: hear('success'), fail: hear('fail'), complete: hear('complete') })
    await at(s)
    const sent = s.backend.to(HOME).length
    assert.deepEqual(heard, [])
    task.abort()
    heard.push('returns')
    task.abort()
    assert.deepEqual(heard, [['fail', 'aborted'], ['complete', 'aborted'], 'returns'])
    await s.clock.advance(20_000)
    assert.equal(heard.length, 3)
    assert.equal(s.backend.to(HOME).length, sent, 'nothing further is sent')
    assert.equal(s.backend.to(HOME).filter(request => !request.answered && !request.aborted).length, 0)
  })
}

scenario('rule 12: with callbacks, an abort in a listener is told right after the entries before it', async s => {
  const wxp = await s.active()
  s.backend.will(HOME, NEVER)
  const heard = []
  const hear = name => () => heard.push(name)
  const task = wxp.requestNeedLogin({ ...s.home(), success: hear('success'), fail: hear('fail'), complete: hear('complete') })
  wxp.on('logout', () => {
    task.abort()
    heard.push('returns')
  })
  wxp.on('logout', hear('logout'))
  wxp.logout()
  heard.push('logout() returns')
  assert.deepEqual(heard, ['returns', 'logout', 'fail', 'complete', 'logout() returns'])
  assert.equal(s.backend.to(HOME)[0].aborted, true)
})

// ---- listeners ----------------------------------------------------------------------------------

scenario('listeners may be added before there is a task, and follow the call to its replay', async s => {
  const wxp = s.create()
  const call = wxp.requestNeedLogin(s.home())
  const heard = []
  call.onHeadersReceived(res => heard.push(res.statusCode))
  call.onChunkReceived(() => heard.push('chunk'))
  await s.ok(call)
  assert.deepEqual(heard, [200, 'chunk'])
  s.backend.forgetTokens()
  const again = wxp.requestNeedLogin(s.home())
  const statuses = []
  again.onHeadersReceived(res => statuses.push(res.statusCode))
  await s.ok(again)
  assert.deepEqual(statuses, [401, 200])
}, ASYNC)

scenario('listeners can be taken off again, one or all', async s => {
  const wxp = s.create()
  const call = wxp.requestNeedLogin(s.home())
  const heard = []
  const listener = name => () => heard.push(name)
  const [a, b, c] = ['a', 'b', 'c'].map(listener)
  call.onHeadersReceived(a)
  call.onHeadersReceived(b)
  call.offHeadersReceived(a)
  call.onChunkReceived(c)
  call.offChunkReceived()
  await s.ok(call)
  assert.deepEqual(heard, ['b'])
}, ASYNC)

once('listeners can be added and taken off while the request is on the wire', async s => {
  const wxp = await s.active()
  s.backend.will(HOME, (request, own) => late(1_000, own()))
  const call = wxp.requestNeedLogin(s.home())
  const seen = s.watch(call)
  const heard = []
  const gone = () => heard.push('gone')
  await s.clock.advance(100)
  call.onHeadersReceived(gone)
  call.onHeadersReceived(() => heard.push('stays'))
  call.offHeadersReceived(gone)
  await s.outcome(seen)
  assert.deepEqual(heard, ['stays'])
})

once('uploads and downloads tell their progress', async s => {
  const wxp = await s.active()
  for (const start of [() => wxp.uploadFileNeedLogin({ url: HOME, filePath: 'a', name: 'f' }), () => wxp.downloadFileNeedLogin({ url: HOME })]) {
    const call = start()
    const heard = []
    const off = () => heard.push('off')
    call.onProgressUpdate(res => heard.push(res.progress))
    call.onProgressUpdate(off)
    call.offProgressUpdate(off)
    await s.ok(call)
    assert.deepEqual(heard, [100])
  }
})

once('listeners on a client whose tasks lack the method are ignored', async s => {
  const { request } = s.phone.wx
  s.phone.wx.request = args => ({ abort: request(args).abort })
  const wxp = await s.active()
  const call = wxp.requestNeedLogin(s.home())
  call.onChunkReceived(() => assert.fail())
  call.offChunkReceived()
  await s.ok(call)
})

// ---- the promise --------------------------------------------------------------------------------

scenario('the promise is a native one that also is the task; then gives plain promises', async s => {
  const wxp = await s.active()
  const { Promise } = s.sandbox.global
  const call = wxp.requestNeedLogin(s.home())
  assert.ok(call instanceof Promise)
  assert.equal(Object.getPrototypeOf(call), Promise.prototype)
  for (const method of ['abort', 'onHeadersReceived', 'offHeadersReceived', 'onChunkReceived', 'offChunkReceived', 'then', 'catch', 'finally']) assert.equal(typeof call[method], 'function', method)
  const next = call.then(res => res)
  assert.equal(Object.getPrototypeOf(next), Promise.prototype)
  assert.equal(next.abort, undefined)
  let last = 0
  await s.ok(call.finally(() => { last = 1 }))
  assert.equal(last, 1)
  const [all] = await s.outcomes([Promise.all([call, wxp.requestNeedLogin(s.home())])])
  assert.deepEqual(Array.from(all.value, res => res.statusCode), [200, 200])
})

once('methods of the task are shared: no closures per call', async s => {
  const wxp = await s.active()
  const [a, b] = [wxp.requestNeedLogin(s.home()), wxp.uploadFileNeedLogin({ url: HOME, filePath: 'a', name: 'f' })]
  for (const method of ['abort', 'onHeadersReceived', 'offProgressUpdate']) assert.equal(a[method], b[method], method)
  await s.outcomes([a, b])
})
