// Rule 18, A DEAD INSTANCE STAYS DEAD: the WASM stops in the middle of a call, as a panic makes it.
import assert from 'node:assert/strict'
import { late, NEVER } from './backend.mjs'
import { once, scenario, Scenario } from './scenario.mjs'

/** The next call into the WASM traps. */
const trap = (s, calls = 1) => { s.wasm.last.trapAt = s.wasm.last.calls + calls }
const dead = s => s.wasm.instances.filter(instance => instance.dead)

scenario('rule 18: a trap rejects what ran with internal; the next call runs on a fresh instance', async s => {
  const wxp = await s.start()
  s.phone.will('login', { after: 1_000 })
  const calls = [wxp.requestNeedLogin(s.home()), wxp.ensureLogin(), wxp.getToken()].map(call => s.watch(call))
  await s.clock.advance(100)
  trap(s)
  const last = s.watch(wxp.requestNeedLogin(s.home()))
  for (const { error } of await s.outcomes([...calls, last])) s.isError(error, 'internal')
  assert.equal(s.events.filter(event => event.type === 'error' && event.error.code === 'internal').length, 1)
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  assert.equal(s.wasm.instances.length, 2)
})

scenario('rule 18: the fresh instance continues from the stored session', async s => {
  const wxp = await s.active()
  const token = await s.ok(wxp.getToken())
  trap(s)
  s.isError((await s.outcome(wxp.requestNeedLogin(s.home()))).error, 'internal')
  assert.equal(await s.ok(wxp.getToken()), token)
  assert.equal(s.logins, 1)
  await s.ok(wxp.ready)
})

scenario('rule 18: late callbacks of the dead instance never reach the next one', async s => {
  const wxp = await s.start()
  s.phone.will('login', { after: 3_000 })
  const first = s.watch(wxp.ensureLogin())
  await s.clock.advance(100)
  trap(s)
  s.watch(wxp.requestNeedLogin(s.home()))
  await s.clock.advance(1)
  s.isError((await s.outcome(first)).error, 'internal')
  s.phone.will('login', { after: 5_000 })
  const second = s.watch(wxp.requestNeedLogin(s.home()))
  await s.clock.advance(4_000)
  assert.equal(s.exchanges, 0, 'the dead login\'s code is not exchanged')
  assert.equal((await s.outcome(second)).value.statusCode, 200)
  assert.equal(s.exchanges, 1)
  assert.deepEqual(dead(s).flatMap(instance => instance.callsAfterDeath), [])
})

scenario('rule 18: a request under way when the instance dies is aborted or its answer dropped, not replayed', async s => {
  const wxp = await s.active()
  s.backend.will('/user/home', (request, own) => late(2_000, own()))
  const slow = s.watch(wxp.requestNeedLogin(s.home('slow')))
  await s.clock.advance(100)
  trap(s)
  s.watch(wxp.requestNeedLogin(s.home()))
  s.isError((await s.outcome(slow)).error, 'internal')
  await s.ok(wxp.ensureLogin())
  await s.clock.advance(5_000)
  assert.equal(s.backend.to('/user/home').filter(request => request.query.get('name') === 'slow').length, 1)
})

scenario('rule 18: the exchange of a dead instance is aborted', async s => {
  const wxp = await s.start()
  s.backend.will('/user/weixin-login', NEVER)
  const call = s.watch(wxp.ensureLogin())
  await s.clock.advance(100)
  trap(s)
  s.isError((await s.outcome(wxp.requestNeedLogin(s.home()))).error, 'internal')
  s.isError((await s.outcome(call)).error, 'internal')
  assert.equal(s.backend.requests[0].aborted, true)
})

for (const url of ['/user/home', 'https://api.example.com/user/home', 'https://api.example.com?a', 'https://other.example.com/x']) {
  scenario(`rule 18: a request for ${url} that finds the instance dying is not sent`, async s => {
    const wxp = await s.active()
    const sent = s.phone.count('request')
    trap(s)
    s.isError((await s.outcome(wxp.requestNeedLogin({ url }))).error, 'internal')
    await s.clock.advance(1_000)
    assert.equal(s.phone.count('request'), sent)
  })
}

scenario('rule 18: a trap rejects what ran in every wxp, and each goes on by itself', async s => {
  s.homes.push('https://other.example.com')
  const first = await s.active()
  const second = await s.active({ baseUrl: 'https://other.example.com' })
  s.backend.will('/user/home', NEVER)
  const running = s.watch(second.requestNeedLogin({ url: '/user/home' }))
  await s.clock.advance(100)
  trap(s)
  s.isError((await s.outcome(first.requestNeedLogin(s.home()))).error, 'internal')
  s.isError((await s.outcome(running)).error, 'internal')
  const again = await s.outcomes([first.requestNeedLogin(s.home()), second.getToken()])
  assert.ok(again.every(one => one.ok))
  assert.equal(s.wasm.instances.length, 2, 'one fresh instance serves both')
  assert.equal(s.logins, 2)
})

scenario('rule 18: calls with callbacks hear of it too', async s => {
  const wxp = await s.active()
  const heard = []
  s.backend.will('/user/home', NEVER)
  wxp.requestNeedLogin({ ...s.home(), success: () => heard.push('success'), fail: e => heard.push(e.code), complete: e => heard.push(e.code) })
  await s.clock.advance(100)
  trap(s)
  s.watch(wxp.requestNeedLogin(s.home()))
  await s.clock.advance(5_000)
  assert.deepEqual(heard, ['internal', 'internal'])
})

scenario('rule 18: reading the session while the instance dies does not throw', async s => {
  const wxp = await s.active()
  trap(s)
  assert.ok(['loading', 'none'].includes(wxp.session.status))
  await s.ok(wxp.ensureLogin())
})

scenario('rule 18: a trap in loginWithProfile, logout and app show is survived', async s => {
  const wxp = await s.active()
  trap(s)
  const { ok, error } = await s.outcome(s.phone.tap(() => wxp.loginWithProfile({ desc: 'x' })))
  if (!ok) s.isError(error, 'internal')
  await s.ok(wxp.ensureLogin())
  trap(s)
  s.isError((await s.outcome(wxp.logout())).error, 'internal')
  await s.ok(wxp.logout())
  await s.ok(wxp.ensureLogin())
  trap(s)
  s.phone.show()
  await s.ok(wxp.requestNeedLogin(s.home()))
})

scenario('rule 18: a wxp made just before the instance dies does not move in with the dead', async s => {
  const first = await s.active()
  const second = s.create({ storage: { key: 'second' } })
  const waits = s.watch(second.requestNeedLogin(s.home()))
  trap(s)
  s.isError((await s.outcome(first.requestNeedLogin(s.home()))).error, 'internal')
  assert.equal((await s.outcome(waits)).value.statusCode, 200)
  await s.ok(second.ready)
  for (const wxp of [first, second]) assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  assert.equal(s.wasm.instances.length, 2)
  assert.deepEqual(dead(s).flatMap(instance => instance.callsAfterDeath), [])
})

scenario('rule 18: a wxp disposed of just before the instance dies leaves it alone', async s => {
  const first = await s.active()
  const second = await s.active({ storage: { key: 'second' } })
  first.dispose()
  trap(s)
  s.isError((await s.outcome(second.requestNeedLogin(s.home()))).error, 'internal')
  assert.equal((await s.ok(second.requestNeedLogin(s.home()))).statusCode, 200)
  await s.clock.advance(60_000)
  assert.deepEqual(dead(s).flatMap(instance => instance.callsAfterDeath), [])
})

once('rule 18: an instance that dies while another wxp moves in, at any moment, takes nobody along for good', async () => {
  for (let hops = 0; hops < 12; hops++) {
    const s = new Scenario()
    const first = await s.active()
    const read = s.phone.wx.getStorageSync
    s.phone.wx.getStorageSync = key => {
      let promise = Promise.resolve()
      for (let i = 0; i < hops; i++) promise = promise.then(() => {})
      promise.then(() => {
        trap(s)
        s.watch(first.requestNeedLogin(s.home()))
      })
      s.phone.wx.getStorageSync = read
      return read(key)
    }
    const second = s.create({ storage: { key: 'second' } })
    const { ok, error } = await s.outcome(second.requestNeedLogin(s.home()))
    if (!ok) s.isError(error, 'internal')
    for (const wxp of [first, second]) assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200, `after ${hops} microtasks`)
    await s.finish()
  }
})

scenario('rule 18: an instance that dies in a callback of a wxp that is being disposed of is not called again', async s => {
  const first = await s.active()
  const second = await s.active({ storage: { key: 'second' } })
  s.backend.will('/user/home', NEVER)
  let lost
  first.requestNeedLogin({
    ...s.home(),
    fail() {
      trap(s)
      lost = s.watch(second.requestNeedLogin(s.home()))
    },
  })
  await s.clock.advance(100)
  first.dispose()
  s.isError((await s.outcome(lost)).error, 'internal')
  assert.equal((await s.ok(second.requestNeedLogin(s.home()))).statusCode, 200)
  assert.deepEqual(dead(s).flatMap(instance => instance.callsAfterDeath), [])
})

scenario('rule 18: a consent that comes when the instance has died sends nothing', async s => {
  const wxp = await s.active()
  s.phone.will('getUserProfile', { after: 1_000 })
  const call = s.watch(s.phone.tap(() => wxp.loginWithProfile({ desc: 'x' })))
  trap(s)
  s.isError((await s.outcome(wxp.requestNeedLogin(s.home()))).error, 'internal')
  s.isError((await s.outcome(call)).error, 'internal')
  await s.ok(wxp.ensureLogin())
  await s.clock.advance(5_000)
  assert.equal(s.backend.to('/user/profile').length, 0)
})

scenario('rule 18: the token of the dead is not sent under a number of the living', async s => {
  const wxp = await s.active({ checkSession: 'never' })
  await s.ok(wxp.requestNeedLogin(s.home('first')))
  await s.ok(wxp.logout())
  // A login that no request goes with the token of.
  await s.ok(wxp.ensureLogin())
  trap(s)
  s.isError((await s.outcome(wxp.requestNeedLogin(s.home()))).error, 'internal')
  // The next instance counts from one again, and the first token of all was number one too.
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home('last')))).statusCode, 200)
  assert.equal(s.backend.to('/user/home').filter(request => request.query.get('name') === 'last').length, 1)
})

scenario('rule 18: who hears of the death may call the others at once: none is on the dead instance any more', async s => {
  const first = await s.active()
  const second = await s.active({ storage: { key: 'second' } })
  s.backend.will('/user/home', NEVER)
  const ran = s.watch(second.requestNeedLogin(s.home()))
  const called = []
  first.on('error', () => called.push(s.watch(second.getToken())))
  trap(s)
  s.isError((await s.outcome(first.requestNeedLogin(s.home()))).error, 'internal')
  s.isError((await s.outcome(ran)).error, 'internal')
  assert.equal(called.length, 1)
  assert.equal(typeof await s.ok(called[0]), 'string')
  assert.equal(s.wasm.instances.length, 2)
})

/** The first instance dies at this call into it. */
function trapsAt(s, call) {
  const { keep } = s.wasm
  s.wasm.keep = (...args) => {
    const made = keep.apply(s.wasm, args)
    if (s.wasm.instances.length === 1) s.wasm.last.trapAt = call
    return made
  }
}

once('rule 17: an instance that dies before a core is made in it is asked for once more', async s => {
  trapsAt(s, 1)
  const wxp = s.create()
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  assert.equal(s.wasm.instances.length, 2)
})

once('rule 18: a trap while the core is made rejects the load, and the next call loads afresh', async s => {
  trapsAt(s, 2)
  const wxp = s.create()
  const [ready, call] = await s.outcomes([wxp.ready, wxp.requestNeedLogin(s.home())])
  s.isError(ready.error, 'wasm_unavailable', 'load')
  s.isError(call.error, 'wasm_unavailable', 'load')
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
})

once('rule 18: a trap while the core of a second wxp is made is internal for both', async s => {
  const first = await s.active()
  trap(s)
  const second = s.create()
  s.isError((await s.outcome(second.ready)).error, 'internal')
  assert.equal(s.events.find(event => event.type === 'error').error.code, 'internal')
  for (const wxp of [first, second]) assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
})

once('rule 17: a start, a login and a hundred requests ask for no memory', async s => {
  s.wasm.grows = false
  const wxp = s.create()
  const calls = await s.outcomes(Array.from({ length: 100 }, () => wxp.requestNeedLogin({ url: '/user/home' })))
  assert.ok(calls.every(({ ok }) => ok), String(calls.map(({ error }) => error)))
})

once('rule 17: growth of memory refused is wasm_unavailable at the start, and internal later', async s => {
  const long = '/' + 'x'.repeat(60_000)
  s.wasm.grows = false
  const wxp = s.create({ profile: { url: long } })
  for (const { error } of await s.outcomes([wxp.ready, wxp.ensureLogin()])) s.isError(error, 'wasm_unavailable', 'load')
  wxp.dispose()
  const other = await s.active()
  await s.rejected(other.requestNeedLogin({ url: 'https://other.example.com' + long }), 'internal')
  assert.equal((await s.ok(other.requestNeedLogin(s.home()))).statusCode, 200)
})

/** A little of everything, from cold start to logout. @returns what came of each call */
async function life(s) {
  const wxp = s.create({ checkSession: 'launch' })
  const seen = [wxp.requestNeedLogin(s.home('a')), wxp.requestNeedLogin(s.home('b'))].map(call => s.watch(call))
  await s.outcomes(seen)
  s.backend.forgetTokens()
  const later = s.phone.tap(() => [wxp.requestNeedLogin(s.home('c')), wxp.uploadFileNeedLogin({ url: '/user/home', filePath: 'a', name: 'f' }), wxp.loginWithProfile({ desc: 'x' })])
  seen.push(...later.map(call => s.watch(call)))
  await s.clock.advance(50)
  s.phone.tell('AppHide')
  s.phone.show()
  seen.push(s.watch(wxp.loginWithPhone({ code: s.backend.issueCode(false) })))
  await s.outcomes(seen)
  seen.push(s.watch(wxp.logout()))
  await s.outcomes(seen)
  return { wxp, seen }
}

once('rule 18: wherever in a life the instance dies, every call settles and the next one works', async quiet => {
  const { seen } = await life(quiet)
  assert.ok(seen.filter(one => one.ok).length >= 6)
  const calls = quiet.wasm.last.calls
  assert.ok(calls > 20, `${calls} calls into the WASM`)
  for (let at = 1; at <= calls; at++) {
    const s = new Scenario()
    const { keep } = s.wasm
    s.wasm.keep = (...args) => {
      const made = keep.apply(s.wasm, args)
      if (s.wasm.instances.length === 1) s.wasm.last.trapAt = at
      return made
    }
    const where = `trap at call ${at}`
    const { wxp, seen } = await life(s).catch(e => assert.fail(`${where}: ${e.message}`))
    for (const { ok, error } of seen) if (!ok) assert.ok(['internal', 'wasm_unavailable', 'session_key_stale', 'not_logged_in', 'logged_out'].includes(error.code), `${where}: ${error && error.stack}`)
    const { ok, error } = await s.outcome(wxp.requestNeedLogin(s.home('after'))).catch(e => assert.fail(`${where}: afterwards ${e.message}`))
    assert.ok(ok || error.code === 'internal', `${where}: ${error && error.message}`)
    assert.equal((await s.ok(wxp.requestNeedLogin(s.home('after')))).statusCode, 200, where)
    assert.deepEqual(dead(s).flatMap(instance => instance.callsAfterDeath), [], `${where}: the dead instance was called`)
    await s.finish()
  }
})

scenario('rule 18: a call made when the instance died in its restore runs on the next one', async s => {
  await s.active()
  s.launch()
  const { keep } = s.wasm
  s.wasm.keep = (...args) => {
    const made = keep.apply(s.wasm, args)
    if (s.wasm.instances.length === 1) {
      const { getStorageSync } = s.phone.wx
      s.phone.wx.getStorageSync = key => {
        s.wasm.last.trapAt = s.wasm.last.calls + 1
        s.phone.wx.getStorageSync = getStorageSync
        return getStorageSync(key)
      }
    }
    return made
  }
  const wxp = s.create()
  let again
  wxp.on('error', () => { again = again || s.watch(wxp.ensureLogin()) })
  await s.clock.advance(1_000)
  const { ok, error } = await s.outcome(again)
  assert.ok(ok, String(error))
})
