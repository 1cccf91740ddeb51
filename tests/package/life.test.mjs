// Rule 19: the app goes to the background and comes back, the network changes; and dispose.
import assert from 'node:assert/strict'
import { answer, late, NEVER } from './backend.mjs'
import { inside, once, plain, scenario } from './scenario.mjs'
import { fails } from './wx.mjs'

const HOME = '/user/home'

for (const [what, failed] of Object.entries({
  'app hide (600003)': fails('login:fail interrupted', 600003),
  suspend: fails('login:fail jsapi has no permission, runningState=suspend, detail=network api interrupted in suspend state'),
  'a network switch (10011)': fails('login:fail errcode:10011 cronet_error_code:0 error_msg:network change, cancel all task', 600001),
})) {
  scenario(`rule 19: a login cut off by ${what} does not count as a failure`, async s => {
    s.phone.will('login', failed, failed, failed)
    const wxp = await s.start()
    for (let i = 1; i <= 3; i++) {
      await s.rejected(wxp.requestNeedLogin(s.home()), 'interrupted', 'login')
      assert.equal(s.logins, i)
    }
    assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  })
}

scenario('rule 19: an exchange cut off by a network switch does not count either', async s => {
  const wxp = await s.start()
  for (let i = 0; i < 3; i++) {
    s.backend.will('/user/weixin-login', NEVER)
    const call = s.watch(wxp.requestNeedLogin(s.home()))
    await s.clock.advance(100)
    s.phone.net.change()
    s.isError((await s.outcome(call)).error, 'interrupted', 'exchange')
  }
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  assert.equal(s.logins, 4)
})

scenario('rule 19: a request cut off in the background rejects with interrupted', async s => {
  const wxp = await s.active()
  s.backend.will(HOME, NEVER)
  const call = s.watch(wxp.requestNeedLogin(s.home()))
  await s.clock.advance(100)
  await s.phone.hide(60_000)
  s.phone.show()
  const { error } = await s.outcome(call)
  assert.equal(s.isError(error, 'interrupted', 'request').retryable, true)
})

scenario('rule 19: a login whose deadline passed in the background gets one new attempt on show', async s => {
  const wxp = await s.start()
  s.phone.will('login', NEVER)
  const calls = [wxp.requestNeedLogin(s.home('a')), wxp.requestNeedLogin(s.home('b')), wxp.ensureLogin()].map(call => s.watch(call))
  await s.clock.advance(1_000)
  await s.phone.hide(600_000)
  s.phone.show()
  const all = await s.outcomes(calls)
  assert.ok(all.every(one => one.ok), String(all[0].error))
  assert.deepEqual([s.logins, s.exchanges], [2, 1])
})

scenario('rule 19: one new attempt, not more', async s => {
  const wxp = await s.start()
  s.phone.always('login', NEVER)
  const call = s.watch(wxp.ensureLogin())
  await s.clock.advance(1_000)
  await s.phone.hide(600_000)
  s.phone.show()
  await s.clock.advance(2_000)
  assert.equal(call.settled, false)
  await s.phone.hide(600_000)
  s.phone.show()
  s.isError((await s.outcome(call)).error, 'login_timeout')
  assert.equal(s.logins, 2)
})

scenario('rule 19: while the deadline passes in the background nothing rejects until the app is seen', async s => {
  const wxp = await s.start()
  s.phone.will('login', NEVER)
  const call = s.watch(wxp.ensureLogin())
  s.phone.tell('AppHide')
  await s.clock.advance(60_000)
  assert.equal(call.settled, false)
  assert.equal(s.logins, 1, 'no login in the background')
  s.phone.show()
  assert.ok((await s.outcome(call)).ok)
})

scenario('rule 19: a short look away does no harm', async s => {
  const wxp = await s.start()
  s.phone.will('login', { after: 2_000 })
  const call = s.watch(wxp.requestNeedLogin(s.home()))
  await s.phone.hide(1_000)
  s.phone.show()
  assert.equal((await s.outcome(call)).value.statusCode, 200)
  assert.equal(s.logins, 1)
})

once('what wx lacks on an old client or in a plugin is done without', async s => {
  s.phone.lacks('onAppShow', 'onAppHide', 'onNetworkStatusChange', 'offAppShow', 'offAppHide', 'offNetworkStatusChange', 'getAccountInfoSync', 'checkSession')
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home()))
  wxp.dispose()
})

// ---- dispose ------------------------------------------------------------------------------------

scenario('dispose takes off what the SDK registered with wx', async s => {
  const before = plain([...s.phone.heard].map(([event, listeners]) => [event, listeners.length]))
  assert.deepEqual(before, [])
  const wxp = await s.active()
  const kept = () => {}
  s.phone.wx.onAppShow(kept)
  assert.ok(s.phone.heard.get('AppShow').length === 2)
  wxp.dispose()
  wxp.dispose()
  for (const [event, listeners] of s.phone.heard) assert.deepEqual(listeners, event === 'AppShow' ? [kept] : [], event)
})

scenario('dispose rejects running and later calls with disposed', async s => {
  const wxp = await s.start()
  s.phone.will('login', { after: 1_000 }, { after: 1_000 })
  const running = [wxp.requestNeedLogin(s.home()), wxp.ensureLogin(), wxp.logout()].map(call => s.watch(call))
  await s.clock.advance(100)
  const waiting = s.watch(wxp.requestNeedLogin(s.home()))
  await s.clock.advance(100)
  wxp.dispose()
  const later = [wxp.requestNeedLogin(s.home()), wxp.ensureLogin(), wxp.getToken(), wxp.loginWithPhone({ code: 'x1' }), wxp.logout()]
  for (const one of await s.outcomes([waiting, ...later])) s.isError(one.error, 'disposed')
  await s.outcomes(running)
  await s.clock.advance(30_000)
  assert.equal(s.exchanges, 0)
})

scenario('dispose before the load rejects what waits, and nothing is unhandled', async s => {
  const wxp = s.create()
  const calls = [wxp.ready, wxp.requestNeedLogin(s.home()), s.phone.tap(() => wxp.loginWithProfile({ desc: 'x' }))].map(call => s.watch(call))
  wxp.dispose()
  for (const one of await s.outcomes(calls)) s.isError(one.error, 'disposed')
  assert.equal(s.backend.requests.length, 0)
})

scenario('dispose of one wxp leaves the others alone', async s => {
  const first = await s.active()
  const second = await s.active({ storage: { key: 'second' } })
  s.backend.will(HOME, (request, own) => late(1_000, own()))
  const running = s.watch(second.requestNeedLogin(s.home()))
  first.dispose()
  assert.equal((await s.outcome(running)).value.statusCode, 200)
  assert.equal(s.wasm.instances.length, 1)
})

scenario('dispose aborts an exchange on the wire', async s => {
  const wxp = await s.start()
  s.backend.will('/user/weixin-login', NEVER)
  const call = s.watch(wxp.requestNeedLogin(s.home()))
  await s.clock.advance(100)
  wxp.dispose()
  s.isError((await s.outcome(call)).error, 'disposed')
  assert.equal(s.backend.requests[0].aborted, true)
})

scenario('dispose inside isUnauthorized is survived', async s => {
  let dispose = () => {}
  const wxp = await s.active({ isUnauthorized: () => dispose() })
  dispose = () => wxp.dispose()
  s.isError((await s.outcome(wxp.requestNeedLogin(s.home()))).error, 'disposed')
})

scenario('dispose inside a listener or a hook is survived', async s => {
  const wxp = await s.start()
  wxp.on('login', () => wxp.dispose())
  const { ok, error } = await s.outcome(wxp.requestNeedLogin(s.home()))
  if (!ok) s.isError(error, 'disposed')
  const hooked = await s.start({ storage: { key: 'second' }, login: { url: '/user/weixin-login', readToken: () => (hooked.dispose(), 'tok') } })
  s.isError((await s.outcome(hooked.ensureLogin())).error, 'disposed')
  await s.clock.advance(1_000)
  await s.active()
  assert.equal(s.wasm.instances.length, 1, 'the instance lives on')
})

scenario('after dispose nobody hears of anything', async s => {
  const heard = []
  let disposed = false
  const log = ({ stage }) => {
    if (disposed) heard.push('log of ' + stage)
    // By the exchange's entry, who waited has gone on: that comes before anybody is told (rule 20).
    if (stage === 'login') {
      disposed = true
      first.dispose()
    }
  }
  const first = await s.start({ log })
  for (const event of ['login', 'error', 'expired']) first.on(event, ({ type }) => heard.push(type))
  s.isError((await s.outcome(first.ensureLogin())).error, 'disposed')
  const second = await s.active()
  s.wasm.last.trapAt = s.wasm.last.calls + 1
  await s.rejected(second.requestNeedLogin(s.home()), 'internal')
  assert.deepEqual(heard, [])
})

/** What a wxp may be in the middle of, for ever: what it needs first, and the call. */
const UNDER_WAY = {
  'a phone code': ['ensureLogin', (s, wxp) => {
    s.backend.will('/user/phone', NEVER)
    return wxp.loginWithPhone({ code: s.backend.issueCode(false) })
  }],
  'a profile': ['ensureLogin', (s, wxp) => {
    s.backend.will('/user/profile', NEVER)
    return s.phone.tap(() => wxp.loginWithProfile({ desc: 'x' }))
  }],
  'a login': ['ready', (s, wxp) => {
    s.phone.will('login', NEVER)
    return wxp.ensureLogin()
  }],
  'an exchange': ['ready', (s, wxp) => {
    s.backend.will('/user/weixin-login', NEVER)
    return wxp.getToken()
  }],
  'a logout': ['ensureLogin', (s, wxp) => {
    s.backend.will('/user/logout', NEVER)
    return wxp.logout()
  }],
  'a replay': ['ensureLogin', (s, wxp) => {
    s.backend.will(HOME, answer(401, ''), NEVER)
    return wxp.requestNeedLogin(s.home())
  }],
  'a restore': ['nothing', (s, wxp) => wxp.ensureLogin()],
}

/** A wxp in the middle of it. */
async function underWay(s, what) {
  if (what === 'a restore') s.phone.will('getStorage', NEVER)
  const wxp = s.create({ storage: { key: what, encrypt: what === 'a restore' } })
  const [needs, start] = UNDER_WAY[what]
  if (needs === 'ready') await s.ok(wxp.ready)
  if (needs === 'ensureLogin') await s.ok(wxp.ensureLogin())
  const task = wxp.requestNeedLogin({ url: 'https://other.example.com/x', fail() {} })
  task.abort()
  const call = s.watch(start(s, wxp))
  await s.clock.advance(500)
  const { host: { open }, instance } = inside(task)
  assert.ok(!call.settled && open.size > 0, what)
  return { wxp, call, open, instance }
}

for (const listening of [false, true]) {
  scenario(`rule 18: dispose ${listening ? 'in a listener of another wxp' : 'of others'}, with everything under way, leaves another wxp untouched`, async s => {
    const other = await s.active()
    const { generation } = other.session
    const busy = []
    for (const what in UNDER_WAY) busy.push(await underWay(s, what))
    const before = s.logins
    s.backend.will(HOME, (request, own) => late(1_000, own()))
    const running = s.watch(other.requestNeedLogin(s.home('running')))
    await s.clock.advance(100)
    const sent = s.backend.requests.length
    const dispose = () => {
      for (const { wxp } of busy) wxp.dispose()
    }
    if (listening) {
      other.on('expired', dispose)
      s.backend.forgetTokens()
      s.backend.will(HOME, answer(401, ''))
      await s.ok(other.requestNeedLogin(s.home('refused')))
      await s.ok(running)
    } else {
      dispose()
      assert.deepEqual(plain(other.session.generation), generation)
      assert.equal((await s.outcome(running)).value.statusCode, 200)
      assert.deepEqual([s.logins, s.backend.requests.length], [before, sent])
    }
    for (const { error } of await s.outcomes(busy.map(({ call }) => call))) s.isError(error, 'disposed')
    assert.deepEqual(busy.map(({ open }) => open.size), busy.map(() => 0), 'no step is open any more')
    assert.equal(busy[0].instance.wxps.size, 1, 'the instance has the other one alone')
    assert.equal((await s.ok(other.requestNeedLogin(s.home()))).statusCode, 200)
    await s.ok(s.phone.tap(() => other.loginWithProfile({ desc: 'x' })))
    await s.ok(other.loginWithPhone({ code: s.backend.issueCode(false) }))
    // Whatever had a deadline: it passes.
    await s.clock.advance(60_000)
    assert.equal((await s.ok(other.requestNeedLogin(s.home()))).statusCode, 200)
    assert.equal(s.logins, before + (listening ? 1 : 0))
    await s.ok(other.logout())
    assert.deepEqual([s.wasm.instances.length, s.wasm.last.dead, s.told('error')], [1, false, 0])
    assert.deepEqual(busy.map(({ open }) => open.size), busy.map(() => 0))
  })
}

for (const what in UNDER_WAY) {
  once(`rule 18: dispose with ${what} under way leaves no memory behind`, async s => {
    await s.active()
    await s.leavesNoMemory(async () => {
      const { wxp } = await underWay(s, what)
      wxp.dispose()
      s.phone.net.drop()
      await s.clock.advance(100)
    })
  })
}

for (const what of ['a phone code', 'a logout', 'a restore']) {
  once(`after dispose the log is silent about ${what} that was under way`, async s => {
    const heard = []
    const { create } = s
    s.create = more => create.call(s, { ...more, log: ({ stage }) => heard.push(stage) })
    const { wxp } = await underWay(s, what)
    heard.length = 0
    wxp.dispose()
    await s.clock.advance(30_000)
    assert.deepEqual(heard, [])
  })
}

scenario('dispose aborts nothing that is over', async s => {
  const counted = s.countAborts()
  const wxp = await s.active()
  wxp.dispose()
  assert.equal(counted.aborts, 0)
})

// ---- what others give ---------------------------------------------------------------------------

for (const [what, url] of [['has no text', Object.create(null)], ['is a number', 7], ['is missing', undefined]]) {
  scenario(`a url that ${what} is wx's to judge, and kills nothing`, async s => {
    const wxp = await s.active()
    await s.outcome(wxp.requestNeedLogin({ url }))
    await s.ok(wxp.requestNeedLogin(s.home()))
    assert.equal(s.wasm.instances.length, 1)
  })
}

scenario('a wx whose tasks lack abort changes nothing about deadlines', async s => {
  const wxp = await s.start()
  const { request } = s.phone.wx
  s.phone.wx.request = args => {
    request(args)
    return {}
  }
  s.backend.will('/user/weixin-login', NEVER)
  s.isError((await s.outcome(wxp.ensureLogin())).error, 'login_timeout')
})

/** What the app hears of as thrown outside of any call of its. */
function uncaught(s) {
  const thrown = []
  const { setTimeout } = s.sandbox.global
  s.sandbox.global.setTimeout = (run, ...rest) => setTimeout(() => { try { run() } catch (e) { thrown.push(e.message) } }, ...rest)
  return thrown
}

scenario('an exchange that cannot be aborted ends all the same, and nobody hears of it', async s => {
  const wxp = await s.start()
  const { request } = s.phone.wx
  s.phone.wx.request = args => Object.assign(request(args), { abort() { throw new Error('gone') } })
  s.backend.will('/user/weixin-login', NEVER)
  const thrown = uncaught(s)
  const call = s.watch(wxp.requestNeedLogin(s.home()))
  await s.clock.advance(100)
  wxp.dispose()
  s.isError((await s.outcome(call)).error, 'disposed')
  await s.clock.advance(10)
  assert.deepEqual(thrown, [])
})

once('a listener that wx refuses throws at the app, not in the core', async s => {
  const wxp = await s.active()
  const { request } = s.phone.wx
  s.phone.wx.request = args => Object.assign(request(args), { onHeadersReceived() { throw new Error('refused') } })
  const thrown = uncaught(s)
  const call = wxp.requestNeedLogin(s.home())
  call.onHeadersReceived(() => {})
  await s.ok(call)
  await s.clock.advance(10)
  assert.deepEqual(thrown, ['refused'])
  assert.equal(s.wasm.instances.length, 1)
})

scenario('dispose between two steps of a login starts no further step', async s => {
  const wxp = await s.start({ log: entry => entry.stage === 'login' && wxp.dispose() })
  s.isError((await s.outcome(wxp.ensureLogin())).error, 'disposed')
  await s.clock.advance(30_000)
  assert.deepEqual([s.logins, s.backend.requests.length], [1, 0])
})
