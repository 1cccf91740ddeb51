// @ts-check
// One wxp: it loads the core, enters calls in order, and carries the core's words to the app.
import { NEW, OUT, OpCall, RequestCall, TokenCall, WAITING, quietly } from './call.js'
import { check } from './check.js'
import { error } from './error.js'
import { createHost } from './host.js'
import { bury, load } from './loader.js'
import { createWords } from './words.js'

// What Core.begin and Core.signal take (src/wasm/mod.rs).
const START = 0, PROFILE = 1, PHONE = 2, LOGOUT = 3
const HIDDEN = 0, SHOWN = 1, ONLINE = 2

const urlOf = group => group && group.url

export class Client {
  constructor(options) {
    check(options)
    this.options = options
    this.wx = options.wx || wx
    this.base = options.baseUrl.replace(/\/+$/, '')
    this.timeout = options.requestTimeout
    this.isUnauthorized = options.isUnauthorized
    // Calls that have not settled, in the order they were made: a ring that begins and ends here. A Set would take four times as long.
    this.prev = this.next = this
    this.ops = new Map()
    this.lastOp = 0
    this.listeners = {}
    this.core = null
    this.disposed = false
    // Not to be seen in a console that opens what it prints.
    Object.defineProperty(this, 'bearer', { writable: true })
    this.forgetToken()
    // First, as WeChat compiles meanwhile.
    this.load()
    this.listenToApp()
  }

  // ---- load -------------------------------------------------------------------------------------

  load() {
    if (this.loading) return
    const attempt = this.settleIn()
    this.loading = attempt
    this.ready = attempt
    attempt.then(() => this.enterAll(), reason => {
      // died() or dispose() has told the calls already; those of a later load are none of this one's.
      if (this.loading !== attempt) return
      this.loading = null
      this.failAll(reason)
    })
  }

  settleIn() {
    const loading = load(this.options)
    // While WeChat compiles.
    const host = createHost(this, (ticket, ok, value) => {
      if (this.host === host) this.safely(core => core.answer(ticket, ok, value))
    })
    Object.assign(host, createWords(this))
    const texts = this.texts()
    // The instance may have died since it loaded.
    return loading.then(instance => instance.dead ? this.settleIn() : this.attach(instance, host, texts))
  }

  attach(instance, host, texts) {
    if (this.disposed) throw error('disposed', 'load')
    const { login, checkSession, checkSessionTimeout, expiryMargin, cooldown = {} } = this.options
    let core
    try {
      core = instance.glue.Core.create(host, texts, checkSession === 'never', login.timeout, checkSessionTimeout, expiryMargin, cooldown.first, cooldown.max)
    } catch (e) {
      throw this.trapped(instance, e)
    }
    if (!core) throw this.refused
    instance.clients.add(this)
    this.instance = instance
    this.host = host
    this.core = core
    const restored = new OpCall(this, START)
    this.add(restored)
    this.safely(core => restored.enter(core))
    return restored.promise
  }

  /** What the core is told of the options, each on a line. */
  texts() {
    const { baseUrl, login, profile, phone, logout, storage, allowedOrigins } = this.options
    return [this.owner(), baseUrl, login.url, urlOf(profile), urlOf(phone), urlOf(logout), storage && storage.key].concat(allowedOrigins || []).join('\n')
  }

  /** appId and envVersion, as far as wx tells. */
  owner() {
    try {
      const { appId, envVersion } = this.wx.getAccountInfoSync().miniProgram
      return `${appId}|${envVersion}`
    } catch (e) {
      return '|'
    }
  }

  // ---- calls ------------------------------------------------------------------------------------

  /** Puts a call at the end of the ring, unless it is in it. */
  add(call) {
    if (call.next) return
    const { prev } = this
    call.prev = prev
    call.next = this
    this.prev = prev.next = call
  }

  /** The calls of the ring, as they are now: what is done with them ends some and begins others. */
  running() {
    const calls = []
    for (let call = this.next; call !== this; call = call.next) calls.push(call)
    return calls
  }

  /** Enters a call, now or, in order, after the load. */
  enter(call) {
    if (this.disposed) call.fail(error('disposed', 'load'))
    else {
      this.add(call)
      if (this.entering) this.enterOne(call)
      else this.load()
    }
    return call
  }

  enterOne(call) {
    try {
      call.enter(this.core)
    } catch (e) {
      this.trapped(this.instance, e)
    }
  }

  enterAll() {
    if (!this.core) return
    this.entering = true
    for (const call of this.running()) if (call.state === NEW) this.enterOne(call)
  }

  failAll(reason) {
    for (const call of this.running()) call.fail(reason)
  }

  /** Runs what talks to the core. Whatever that throws is a trap. */
  safely(run) {
    try {
      if (this.core) return run(this.core)
    } catch (e) {
      this.trapped(this.instance, e)
    }
  }

  trapped(instance, e) {
    const cause = error('internal', 'load', { errMsg: String(e && e.message || e) })
    if (instance) bury(instance, cause)
    return cause
  }

  /** The instance died: what ran is lost, the next call starts afresh from the stored session. @returns what tells so to the app */
  died(cause) {
    this.detach()
    const lost = this.running()
    return () => {
      for (const call of lost) call.fail(cause)
      this.emit({ type: 'error', error: cause })
    }
  }

  detach() {
    const { host } = this
    this.core = this.host = this.instance = this.loading = null
    this.entering = false
    this.ops.clear()
    this.forgetToken()
    if (host) host.close()
  }

  op(call) {
    this.ops.set(++this.lastOp, call)
    return this.lastOp
  }

  // ---- what the core says -----------------------------------------------------------------------

  settled(reason) {
    for (const call of this.running()) {
      if (call.state !== WAITING) continue
      if (reason) call.fail(reason)
      else {
        // Being asked: what settles inside the call is the core's to catch up on.
        call.state = NEW
        this.safely(core => call.step(core.resume(call.permit)))
      }
    }
  }

  finish(op, reason, value) {
    const call = this.ops.get(op)
    this.ops.delete(op)
    if (call) reason ? call.fail(reason) : call.settle(value)
  }

  emit(event) {
    for (const fn of this.listeners[event.type] || []) quietly(() => fn(event))
  }

  refusal() {
    return this.safely(core => core.refusal()) || error('internal', 'login')
  }

  /** What a call rejects with, by what wx or a function of the app failed with. */
  failure(err, profile) {
    return this.safely(core => core.failure(err, !!profile)) || error('internal', 'request')
  }

  /** The header with the token of this number; read from the core once. */
  token(generation) {
    if (generation !== this.generation) {
      this.core.bearer()
      this.generation = generation
    }
    return this.bearer
  }

  forgetToken() {
    this.generation = -1
    this.bearer = ''
  }

  join(url) {
    return this.base + (url[0] === '/' ? '' : '/') + url
  }

  // ---- what the app calls -----------------------------------------------------------------------

  request(api, args) {
    const call = new RequestCall(this, api, args || {})
    const handed = call.handOut()
    this.enter(call)
    return handed
  }

  ensureLogin() {
    return this.enter(new TokenCall(this)).promise.then(() => {})
  }

  getToken() {
    return this.enter(new TokenCall(this)).promise
  }

  logout() {
    return this.enter(new OpCall(this, LOGOUT)).promise
  }

  loginWithPhone(args) {
    return this.enter(new OpCall(this, PHONE, { code: args && args.code })).promise
  }

  loginWithProfile(args) {
    const { desc, lang } = args || {}
    if (!urlOf(this.options.profile)) return Promise.reject(error('config', 'profile', { option: 'profile.url', detail: 'should be set' }))
    // Inside the tap: nothing may be waited for before getUserProfile is called.
    const tapped = this.entering ? this.safely(core => core.tap()) : 0
    if (!(tapped >= 0)) return Promise.reject(this.refusal())
    const call = new OpCall(this, PROFILE, undefined, tapped)
    call.state = OUT
    this.add(call)
    let open = true
    const answer = then => value => {
      // wx has been seen to call back twice.
      if (!open || call.state !== OUT) return
      open = false
      call.state = NEW
      then(value)
      this.enter(call)
    }
    const success = answer(res => { call.value = res })
    const fail = answer(err => { call.enter = () => call.fail(this.failure(err, true)) })
    try {
      this.wx.getUserProfile({ desc, lang, success, fail })
    } catch (e) {
      fail({ errMsg: `getUserProfile:fail ${e && e.message}` })
    }
    return call.promise
  }

  session() {
    const seen = this.entering && this.safely(core => core.session())
    return seen || { status: 'loading', expiresAt: null, generation: 0 }
  }

  on(event, fn) {
    // A list of its own, as the old one may be being told.
    this.listeners[event] = (this.listeners[event] || []).concat(fn)
  }

  off(event, fn) {
    this.listeners[event] = (this.listeners[event] || []).filter(other => fn && other !== fn)
  }

  // ---- the app's life ---------------------------------------------------------------------------

  listenToApp() {
    const { wx } = this
    const heard = {
      AppShow: () => this.safely(core => core.signal(SHOWN)),
      AppHide: () => this.safely(core => core.signal(HIDDEN)),
      NetworkStatusChange: res => res && res.isConnected && this.safely(core => core.signal(ONLINE)),
    }
    for (const name in heard) if (wx['on' + name]) wx['on' + name](heard[name])
    this.unlisten = () => {
      for (const name in heard) if (wx['off' + name]) wx['off' + name](heard[name])
    }
  }

  free(core, instance) {
    try {
      if (!instance.dead) core.free()
    } catch (e) {
      this.trapped(instance, e)
    }
  }

  dispose() {
    if (this.disposed) return
    this.disposed = true
    this.unlisten()
    const { core, instance } = this
    if (instance) instance.clients.delete(this)
    this.detach()
    this.failAll(error('disposed', 'load'))
    // Not now: a call into the core may be what led here.
    if (core) setTimeout(() => this.free(core, instance))
    this.listeners = {}
  }
}
