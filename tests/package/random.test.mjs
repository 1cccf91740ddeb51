// Random lives of an app, from a seed that a failure prints: whatever happens when, every call
// settles once, logins do not overlap, nothing leaks, and afterwards the app works. RANDOM_SEED=n
// runs one, RANDOM_LIVES=n that many.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answer, failure, late, NEVER, refuse } from './backend.mjs'
import { random } from './dice.mjs'
import { CODES, Scenario } from './scenario.mjs'
import { fails } from './wx.mjs'

const LOGIN = '/user/weixin-login'
const TIMEOUT = 15_000

class Life {
  constructor(seed) {
    this.next = random(seed)
    this.s = new Scenario({ callbacks: this.pick(['async', 'sync', 'twice']), promise: this.pick(['native', 'polyfilled']) })
    this.calls = []
    this.steps = []
    /** When a login may be dead without having called back: logout, trap, dispose, a new launch. */
    this.cuts = []
    this.watchLogins()
    this.wxp = this.create()
  }

  /** A wxp whose app calls the SDK wherever it is called itself. */
  create() {
    const { s } = this
    const meddles = run => (...args) => {
      this.meddle()
      return run(...args)
    }
    const more = {}
    if (this.next() < 0.5) more.log = meddles(entry => s.log.push(entry))
    if (this.next() < 0.5) more.isUnauthorized = meddles(res => Number(res.statusCode) === 401)
    if (this.next() < 0.3) more.login = { url: LOGIN, body: meddles(({ code }) => ({ code })), readToken: meddles(async res => res.data.data && res.data.data.authorizationToken) }
    if (this.next() < 0.3) more.storage = { encrypt: true }
    const wxp = s.create(more)
    for (const event of ['login', 'logout', 'expired', 'error']) wxp.on(event, meddles(() => {}))
    return wxp
  }

  /** What the app does in a function of its own, now and then. */
  meddle() {
    this.s.wasm.note('a function of the app')
    if (this.calm || this.next() > 0.15) return
    const name = this.pick(['request', 'relative', 'burst', 'callbacks', 'ensure', 'token', 'phone', 'profile', 'logout', 'abort', 'abort', 'dispose', 'session'])
    this.steps.push(`[${name}]`)
    this.actions()[name]()
  }

  pick(list) {
    return list[Math.floor(this.next() * list.length)]
  }

  /** Rule 1: a login starts only when none is in flight. */
  watchLogins() {
    const { phone, clock } = this.s
    const { login } = phone.wx
    let flying = null
    phone.wx.login = args => {
      const at = clock.time
      const dead = !flying || at - flying.at >= TIMEOUT || this.cuts.some(cut => cut.time >= flying.at)
      assert.ok(dead, `rule 1: two logins in flight, from ${flying && flying.at} and ${at}`)
      const mine = flying = { at }
      const over = run => result => {
        if (flying === mine) flying = null
        run(result)
      }
      this.cuts = []
      return login({ ...args, success: over(args.success), fail: over(args.fail) })
    }
  }

  cut() {
    this.cuts.push({ time: this.s.clock.time })
  }

  call(start) {
    const made = start()
    this.calls.push({ made, seen: this.s.watch(made) })
  }

  withCallbacks() {
    const heard = []
    const hear = name => () => {
      heard.push(name)
      this.meddle()
    }
    const task = this.wxp.requestNeedLogin({ ...this.s.home(), success: hear('success'), fail: hear('fail'), complete: hear('complete') })
    this.calls.push({ made: task, heard })
  }

  actions() {
    const { s, wxp } = this
    const { phone, backend, clock } = s
    const at = { after: Math.floor(this.next() * 4_000) }
    return {
      request: () => this.call(() => wxp.requestNeedLogin(s.home())),
      relative: () => this.call(() => wxp.requestNeedLogin({ url: '/user/home' })),
      burst: () => { for (let i = 0; i < 4; i++) this.call(() => wxp.requestNeedLogin(s.home())) },
      foreign: () => this.call(() => wxp.requestNeedLogin({ url: 'https://other.example.com/x' })),
      upload: () => this.call(() => wxp.uploadFileNeedLogin({ url: '/user/home', filePath: 'a', name: 'f' })),
      callbacks: () => this.withCallbacks(),
      ensure: () => this.call(() => wxp.ensureLogin()),
      token: () => this.call(() => wxp.getToken()),
      profile: () => {
        phone.will('getUserProfile', this.pick([at, {}, fails('getUserProfile:fail auth deny')]))
        this.call(() => phone.tap(() => wxp.loginWithProfile({ desc: 'x' })))
        phone.heal('getUserProfile')
      },
      phone: () => this.call(() => wxp.loginWithPhone({ code: backend.issueCode(false) })),
      logout: () => {
        this.cut()
        this.call(() => wxp.logout())
      },
      abort: () => {
        const { made } = this.calls.length ? this.pick(this.calls) : {}
        if (made && made.abort) made.abort()
      },
      wait: () => clock.advance(Math.floor(this.next() ** 4 * 30_000)),
      little: () => clock.advance(Math.floor(this.next() * 20)),
      login: () => phone.will('login', this.pick([at, { ...NEVER }, fails('login:fail', 4), fails('login:fail interrupted', 600003), { ok: {} }])),
      exchange: () => backend.will(LOGIN, this.pick([NEVER, refuse(40029), answer(500, ''), failure('request:fail timeout', 5), (request, own) => late(at.after, own())])),
      home: () => backend.will('/user/home', this.pick([(request, own) => late(at.after, own()), answer(401, ''), failure('request:fail -102:net::ERR_CONNECTION_REFUSED', 600001)])),
      refuse: () => backend.forgetTokens(),
      age: () => clock.suspend(this.pick([60_000, 7_150_000, 7_300_000])),
      jump: () => clock.jump(this.pick([-3_600_000, 3_600_000])),
      look: async () => {
        await phone.hide(this.pick([500, 5_500, 120_000]))
        phone.show()
      },
      network: () => {
        phone.net.change()
        phone.tell('NetworkStatusChange', { isConnected: true, networkType: 'wifi' })
      },
      trap: () => {
        if (!s.wasm.last) return
        this.cut()
        s.wasm.last.trapAt = s.wasm.last.calls + 1 + Math.floor(this.next() * 6)
        this.trapped = true
      },
      dispose: () => {
        this.cut()
        wxp.dispose()
        if (this.wxp === wxp) this.wxp = this.create()
      },
      relaunch: () => {
        this.cut()
        this.calls = this.calls.filter(({ seen }) => seen && seen.settled)
        s.launch()
        this.wxp = this.create()
      },
      session: () => assert.ok(['loading', 'none', 'logging-in', 'active'].includes(wxp.session.status)),
    }
  }

  async step() {
    const actions = this.actions()
    const weights = { request: 4, burst: 2, wait: 4, little: 4, login: 2, exchange: 2, trap: 0.5, dispose: 0.5, relaunch: 0.5, age: 0.5, jump: 0.5 }
    const names = Object.keys(actions).flatMap(name => Array(Math.round((weights[name] || 1) * 2)).fill(name))
    const name = this.pick(names)
    this.steps.push(name)
    await actions[name]()
    if (this.trapped) this.cut()
  }

  async run() {
    const { s } = this
    for (let i = 0; i < 30; i++) await this.step()
    for (const api of ['login', 'getUserProfile']) s.phone.heal(api)
    for (const path of [LOGIN, '/user/home']) s.backend.heal(path)
    if (s.wasm.last) s.wasm.last.trapAt = Infinity
    this.calm = true
    await s.outcomes(this.calls.filter(call => call.seen).map(call => call.seen), 300_000)
    for (const { seen } of this.calls) if (seen && !seen.ok) assert.ok(CODES.has(seen.error && seen.error.code), String(seen.error && seen.error.stack))
    await s.clock.advance(60_000)
    for (const { heard } of this.calls) if (heard) assert.match(String(heard), /^(success|fail),complete$/)
    // A fresh token that the server forgot meanwhile may start a last cooldown (rule 9).
    await s.ok(this.wxp.requestNeedLogin(s.home()))
    await s.clock.advance(60_000)
    assert.equal((await s.ok(this.wxp.requestNeedLogin(s.home()))).statusCode, 200)
    await s.ok(this.wxp.logout())
    await s.clock.advance(100)
    assert.equal(s.phone.storage.size, 0, 'rule 13: nothing is stored after a logout')
    const late = s.wasm.instances.flatMap(instance => instance.callsAfterDeath)
    assert.deepEqual(late, [], 'rule 18: a dead instance was called')
    await s.finish()
  }
}

const only = process.env.RANDOM_SEED
const lives = Number(process.env.RANDOM_LIVES || 100)
const first = 20261122

test(`${only ? 1 : lives} random lives`, async () => {
  for (let seed = only ? Number(only) : first; seed < (only ? Number(only) + 1 : first + lives); seed++) {
    const life = new Life(seed)
    await life.run().catch(e => {
      throw new Error(`RANDOM_SEED=${seed} (${life.steps.join(' ')}): ${e.message}`, { cause: e })
    })
  }
})
