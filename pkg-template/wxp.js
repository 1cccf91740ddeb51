// @ts-check
// One wxp: it loads the core, enters calls in order, and tells the app what the core says.
import { Call, RequestCall } from './call.js'
import { check } from './check.js'
import { error, thrown } from './error.js'
import { TokenHeader } from './header.js'
import { Host } from './host.js'
import { load } from './loader.js'
import { later, quietly } from './queue.js'

export class Wxp {
  constructor(options) {
    check(options)
    this.options = options
    this.wx = options.wx || typeof wx !== 'undefined' && wx
    if (!this.wx) throw new TypeError('createWxp: there is no wx here, as outside of a mini program; for unit tests or a web build give one as the option wx')
    this.base = options.baseUrl.replace(/\/+$/, '')
    /** What begins so leads home (rule 8). */
    this.home = this.base + '/'
    this.timeout = options.requestTimeout
    this.token = new TokenHeader(options.authorization)
    /** Whether the app adds to headers. */
    this.adds = !!options.header
    for (const name in options.header) if (this.token.is(name)) throw new TypeError(`createWxp: option header should be left without ${name}, which carries the token`)
    // Calls that have not settled, in the order in which they were made: a ring that begins and
    // ends here. A Set would take four times as long.
    this.prev = this.next = this
    this.listeners = {}
    this.told = new Set()
    this.core = null
    /** Whether calls enter the core, rather than wait for it. */
    this.entering = false
    this.disposed = false
    // Not to be seen in a console that opens what it prints.
    Object.defineProperty(this, 'bearer', { writable: true })
    this.keepToken(-1, '')
    // First, as WeChat compiles meanwhile.
    this.load()
    this.listenToApp()
  }

  // ---- load ------------------------------------------------------------------------------------

  load() {
    if (this.loading) return
    const attempt = this.loading = this.ready = this.moveIn()
    attempt.catch(reason => {
      // onInstanceLost() or dispose() has told the calls already; those of a later load are none of
      // this one's.
      if (this.loading !== attempt) return
      this.loading = null
      this.failAll(reason)
    })
  }

  moveIn() {
    const loading = load(this.options)
    // While WeChat compiles.
    const host = new Host(this), owner = this.owner()
    // The instance may have died since it loaded.
    return loading.then(instance => instance.dead ? this.moveIn() : this.attach(instance, host, owner))
  }

  attach(instance, host, owner) {
    if (this.disposed) throw error('disposed', 'load')
    const core = instance.create(host, this.options, owner)
    // It may have died in its first breath.
    if (instance.dead) throw instance.cause
    instance.wxps.add(this)
    Object.assign(this, { instance, host, core })
    const restored = new Call(this), { resolve } = restored
    restored.resolve = () => {
      resolve(instance.kind)
      later(() => this.enterAll())
    }
    this.add(restored)
    core.restore(restored)
    return restored.promise
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

  /** The instance died: what ran is lost, the next call starts afresh from the stored session. */
  onInstanceLost(cause) {
    this.detach()
    this.failAll(cause)
    later(() => this.emit({ type: 'error', error: cause }))
  }

  detach() {
    const { host } = this
    this.core = this.host = this.instance = this.loading = null
    this.entering = false
    this.keepToken(-1, '')
    if (host) host.close()
  }

  // ---- calls -----------------------------------------------------------------------------------

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
      if (this.entering) call.enter(this.core)
      else this.load()
    }
    return call
  }

  enterAll() {
    if (!this.core) return
    this.entering = true
    for (const call of this.running()) if (this.core && !call.over) call.enter(this.core)
  }

  failAll(reason) {
    for (const call of this.running()) call.fail(reason)
  }

  /** A call that the core does by itself: `run(core, call)` enters it. */
  call(run) { return this.enter(new Call(this, run)).promise }

  request(api, args) {
    const call = new RequestCall(this, api, args || {})
    const handed = call.handOut()
    this.enter(call)
    return handed
  }

  loginWith(data) {
    const texts = []
    let copy
    try {
      // As it goes over the wire.
      copy = JSON.parse(JSON.stringify(data, (name, value) => {
        if (typeof value === 'string' && value.length > 3) texts.push(value)
        return value
      }))
    } catch (e) {}
    if (!copy || typeof copy !== 'object' || Array.isArray(copy)) return Promise.reject(new TypeError('loginWith: the data should be an object that JSON can hold'))
    if ('code' in copy) return Promise.reject(new TypeError('loginWith: code is the one of wx.login; name yours otherwise, such as phoneCode'))
    return this.call((core, call) => core.loginWith(call, copy, texts))
  }

  setToken(token, more) {
    const { expiresIn } = more || {}
    if (typeof token !== 'string') return Promise.reject(new TypeError('setToken: the token should be a string'))
    if (expiresIn !== undefined && !(typeof expiresIn === 'number' && expiresIn > 0)) return Promise.reject(new TypeError('setToken: expiresIn should be a number of seconds above 0'))
    return this.call((core, call) => {
      const fault = core.setToken(token, expiresIn)
      fault ? call.fail(new TypeError('setToken: ' + fault)) : call.settle()
    })
  }

  loginWithProfile(args) {
    const { desc, lang } = args || {}
    const { profile } = this.options
    if (!profile || !profile.url) return Promise.reject(error('config', 'profile', { option: 'profile.url', detail: 'should be set' }))
    // Inside the tap: nothing may be waited for before getUserProfile is called.
    let epoch = 0
    try {
      if (this.entering) epoch = this.core.tap() || 0
    } catch (e) {
      return Promise.reject(e)
    }
    // With the user, until one of the two comes; wx has been seen to call back twice.
    const call = new Call(this, null)
    const answer = run => value => {
      if (call.over || call.run) return
      call.run = core => run(core, value)
      this.enter(call)
    }
    const success = answer((core, res) => core.profile(call, res, epoch))
    const fail = answer((core, err) => call.fail(core.profileFailed(err)))
    this.add(call)
    try {
      this.wx.getUserProfile({ desc, lang, success, fail })
    } catch (e) {
      fail(thrown(e, this.wx, 'getUserProfile'))
    }
    return call.promise
  }

  session() { return this.entering && this.core.session() || { status: 'loading', expiresAt: null, generation: 0 } }

  /** The header with the token of this number; read from the core once. */
  authorization(generation) {
    if (generation !== this.generation) this.keepToken(generation, this.core.bearer(generation))
    return this.bearer
  }

  keepToken(generation, text) {
    this.generation = generation
    this.bearer = this.token.prefix + text
  }

  // ---- events ----------------------------------------------------------------------------------

  emit(event) {
    for (const fn of this.listeners[event.type] || []) quietly(() => fn(event))
  }

  /** Tells of a failure of a call that goes on, the first time that it happens with this function of wx. */
  tellOnce(api, failure) {
    if (!this.core || this.told.has(api)) return
    this.told.add(api)
    this.host.tell({ type: 'error', error: this.core.requestFailed(failure) })
  }

  // A list of its own each time, as the old one may be being told.
  on(event, fn) { this.listeners[event] = (this.listeners[event] || []).concat(fn) }
  off(event, fn) { this.listeners[event] = (this.listeners[event] || []).filter(other => fn && other !== fn) }

  listenToApp() {
    const { wx } = this
    const heard = {
      AppShow: () => this.core && this.core.show(),
      AppHide: () => this.core && this.core.hide(),
      NetworkStatusChange: res => res && res.isConnected && this.core && this.core.online(),
    }
    const each = to => { for (const name in heard) if (wx[to + name]) wx[to + name](heard[name]) }
    each('on')
    this.unlisten = () => each('off')
  }

  dispose() {
    if (this.disposed) return
    this.disposed = true
    this.unlisten()
    const { core, instance } = this
    if (instance) instance.wxps.delete(this)
    this.detach()
    this.listeners = {}
    this.failAll(error('disposed', 'load'))
    if (core) core.dispose()
  }
}
