// A scenario: one phone, one server, launches of the app. Whatever a scenario is about, the rules
// that hold always are checked at its end.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { HOME } from './backend.mjs'
import { drain } from './clock.mjs'
import { ON_FALLBACK, PKG, Sandbox } from './sandbox.mjs'
import { Phone } from './wx.mjs'

const LOGIN = '/user/weixin-login'

/** The closed unions of index.d.ts. */
const union = name => {
  const file = [path.join(PKG, 'miniprogram_dist/index.d.ts'), path.join(import.meta.dirname, '../../pkg-template/index.d.ts')].find(fs.existsSync)
  const text = fs.readFileSync(file, 'utf8')
  return new Set(text.match(new RegExp(`export type ${name} =([^]*?)\\n\\n`))[1].match(/'[a-z_-]+'/g).map(quoted => quoted.slice(1, -1)))
}
export const CODES = union('WxpCode')
const STAGES = union('WxpStage')

// Native rejections that nobody handles come to the process, whichever context they are from.
const stray = []
process.on('unhandledRejection', reason => stray.push(reason))

/** An object of the sandbox as plain data of this realm, so that it can be compared. */
export const plain = value => value === undefined ? undefined : JSON.parse(JSON.stringify(value))

/** The `Wxp` behind a call, of what requestNeedLogin gave: for what no member of wxp shows. */
export const inside = call => call[Object.getOwnPropertySymbols(call).find(symbol => symbol.description === 'call')].wxp

export const freeze = value => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(freeze)
  }
  return value
}

export class Scenario {
  constructor(mode = {}) {
    stray.length = 0
    this.mode = mode
    this.phone = new Phone(mode)
    this.backend = this.phone.backend
    this.clock = this.phone.clock
    /** What the app was told: rejections, events, log entries, what it threw. */
    this.heard = []
    this.events = []
    this.log = []
    this.sandboxes = []
    /** What the app itself throws in this scenario, by message. */
    this.expectedThrows = []
    /** Origins that may see the token. */
    this.homes = [HOME]
    this.launch()
  }

  /** A fresh start of the mini program: what was running is gone, the storage stays. */
  launch() {
    this.clock.empty()
    this.phone.heard.clear()
    this.phone.net.drop()
    this.sandbox = new Sandbox(this.phone, this.mode)
    this.wasm = this.sandbox.wasm
    this.phone.onCall = api => this.wasm.note(api)
    this.sandboxes.push(this.sandbox)
  }

  /** What `miniprogram-login-fallback` exports. */
  get fallback() {
    return this.wasm.fallback()
  }

  options(more = {}) {
    return {
      baseUrl: HOME,
      login: { url: LOGIN },
      profile: { url: '/user/profile' },
      phone: { url: '/user/phone' },
      logout: { url: '/user/logout' },
      log: entry => {
        this.wasm.note('log')
        this.log.push(plain(entry))
      },
      ...ON_FALLBACK && { fallback: this.fallback },
      ...more,
    }
  }

  /** createWxp, as app.js calls it. */
  create(more) {
    const wxp = this.sandbox.package.createWxp(freeze(this.options(more)))
    for (const type of ['login', 'logout', 'expired', 'error']) wxp.on(type, payload => {
      this.wasm.note(type)
      this.heard.push(payload)
      this.events.push(payload)
    })
    return wxp
  }

  /** createWxp, and the WASM has loaded. */
  async start(more) {
    const wxp = this.create(more)
    await this.ok(wxp.ready)
    return wxp
  }

  /** createWxp with a session. */
  async active(more) {
    const wxp = await this.start(more)
    await this.ok(wxp.ensureLogin())
    return wxp
  }

  /** Counts from now on how often the tasks of wx.request are aborted. */
  countAborts() {
    const counted = { aborts: 0 }
    const { request } = this.phone.wx
    this.phone.wx.request = args => {
      const task = request(args), { abort } = task
      task.abort = () => { counted.aborts++; abort() }
      return task
    }
    return counted
  }

  // ---- waiting ----------------------------------------------------------------------------------

  /**
   * Moves the clock until the promise, or what `watch` gave for it, has settled.
   * @returns its outcome
   */
  async outcome(promise, limit = 120_000) {
    const [outcome] = await this.outcomes([promise], limit)
    return outcome
  }

  async outcomes(promises, limit = 120_000) {
    const until = this.clock.time + limit
    const watched = promises.map(promise => 'settled' in promise ? promise : this.watch(promise))
    await drain()
    while (watched.some(one => !one.settled)) {
      if (!await this.clock.turn(until)) assert.fail(`${watched.filter(one => !one.settled).length} of ${watched.length} calls never settle`)
    }
    return watched
  }

  /** Notes what becomes of a promise without waiting for it. */
  watch(promise) {
    const seen = { settled: false, ok: false, value: undefined, error: undefined }
    promise.then(value => Object.assign(seen, { settled: true, ok: true, value }), error => {
      this.heard.push(error)
      Object.assign(seen, { settled: true, error })
    })
    return seen
  }

  /** @returns what it resolves with */
  async ok(promise) {
    const { ok, value, error } = await this.outcome(promise)
    if (!ok) throw new assert.AssertionError({ message: `should have resolved, but: ${error && error.message || inspect(error)}`, actual: error })
    return value
  }

  /** @returns the WxpError that it rejects with */
  async rejected(promise, code, stage) {
    const outcome = await this.outcome(promise)
    assert.ok(!outcome.ok, `should have rejected with ${code}`)
    return this.isError(outcome.error, code, stage)
  }

  isError(error, code, stage) {
    assert.equal(error && error.name, 'WxpError', inspect(error))
    assert.ok(error instanceof this.sandbox.package.WxpError && error instanceof this.sandbox.global.Error)
    assert.ok(CODES.has(error.code), `${error.code} is in the union`)
    assert.ok(STAGES.has(error.stage), `${error.stage} is a stage`)
    assert.equal(typeof error.retryable, 'boolean')
    assert.equal(error.code, code, error.message)
    if (stage) assert.equal(error.stage, stage, error.message)
    assert.ok(error.message.startsWith(`${error.code} at ${error.stage}: `), error.message)
    return error
  }

  // ---- counting ---------------------------------------------------------------------------------

  get logins() {
    return this.phone.count('login')
  }

  get exchanges() {
    return this.backend.to(LOGIN).length
  }

  home(name = 'eva') {
    return freeze({ url: `${HOME}/user/home?name=${name}` })
  }

  /** Runs it many times: then the instance has no more memory than after a few times. */
  async leavesNoMemory(run) {
    const { exports } = this.wasm.last
    let warm
    for (let i = 0; i < 150; i++) {
      await run()
      // Or looking for secrets in it would take longer than all else.
      for (const list of [this.heard, this.events, this.log]) list.length = 0
      if (i === 20) warm = exports.memory.buffer.byteLength
    }
    assert.equal(exports.memory.buffer.byteLength, warm)
    assert.equal(exports, this.wasm.last.exports, 'no instance died')
  }

  /** How often the app was told of an event. */
  told(type) {
    return this.events.filter(event => event.type === type).length
  }

  // ---- what holds always ------------------------------------------------------------------------

  async finish() {
    // Callbacks and timers that are still to come must not do harm either.
    await this.clock.advance(90_000)
    const { backend } = this
    for (const { unhandled, thrown, console, wasm } of this.sandboxes) {
      assert.deepEqual(wasm.nested, [], 'rule 20: nothing runs while the core is at work')
      assert.deepEqual(unhandled.map(String), [], 'no unhandled rejection')
      assert.deepEqual(thrown.map(e => e.message), this.expectedThrows, 'nothing is thrown outside of a promise')
      assert.deepEqual(console, [], 'rule 11: nothing is logged by default')
    }
    assert.deepEqual(stray.splice(0).map(String), [], 'no unhandled rejection')
    for (const request of backend.requests) {
      if (backend.secrets.has(request.bearer)) assert.ok(this.homes.includes(request.origin), `rule 8: token sent to ${request.origin}`)
      for (const secret of backend.tokens.keys()) assert.ok(!request.url.includes(secret), 'rule 8: token in a url')
    }
    const codes = backend.to(LOGIN).map(request => request.data && request.data.code).filter(Boolean)
    assert.equal(new Set(codes).size, codes.length, 'rule 4: a code was used twice')
    this.noSecretIn([...this.heard, ...this.log, ...this.sandboxes.flatMap(({ thrown }) => thrown)])
  }

  /** Rule 16. */
  noSecretIn(values) {
    for (const value of values) {
      const text = inspect(value, { depth: 8, showHidden: true }) + (value && value.stack) + JSON.stringify(value)
      for (const secret of this.backend.secrets) assert.ok(!leaks(text, secret), `rule 16: a secret stands in ${text}`)
    }
  }
}

/** Whether any 12 characters in a row of the secret's own part stand in the text. */
function leaks(text, secret) {
  const own = secret.slice(secret.lastIndexOf('.') + 1)
  if (own.length <= 12) return text.includes(own)
  for (let at = 0; at + 12 <= own.length; at++) if (text.includes(own.slice(at, at + 12))) return true
  return false
}

/** What real clients differ in, and what a rule must not depend on. */
export const MODES = {
  'async callbacks': { callbacks: 'async', promise: 'native' },
  'sync callbacks': { callbacks: 'sync', promise: 'native' },
  'callbacks twice': { callbacks: 'twice', promise: 'native' },
  'iOS 15 promise': { callbacks: 'async', promise: 'polyfilled' },
}
const ALL = Object.keys(MODES)

/** For what can't happen when everything is over before the call returns. */
export const ASYNC = ALL.filter(mode => MODES[mode].callbacks !== 'sync')

/** Runs the body once per mode. */
export function scenario(name, body, modes = ALL) {
  test(name, async t => {
    for (const mode of modes) {
      await t.test(mode, async () => {
        const s = new Scenario(MODES[mode])
        await body(s, mode)
        await s.finish()
      })
    }
  })
}

/** For what does not depend on how callbacks come. */
export const once = (name, body) => scenario(name, body, ['async callbacks'])
