// @ts-check
// The steps that the core orders (src/wasm/host.rs), over wx. Each is an entry of the queue; its
// answer goes back with its ticket.
import { threw, thrown, toError } from './error.js'
import { added, merged } from './header.js'
import { later } from './queue.js'

// In its turn; nobody hears that it throws.
const unheard = run => later(() => { try { run() } catch (e) {} })

/** What is done when a step's turn comes; `this` is the step. */
const STEPS = {
  sleep(ms) {
    const timer = setTimeout(() => this.done(), ms)
    this.undo = () => clearTimeout(timer)
  },
  checkSession() { this.host.wx.checkSession(this.args()) },
  login(timeout) { this.host.wx.login(this.args({ timeout })) },
  exchangeBody(code, data) {
    const { hooks, hasBody } = this.host
    if (!hasBody) return this.done(Object.assign({}, data, { code }))
    this.hook('login.body', () => hooks.body(data ? { code, data: Object.assign({}, data) } : { code }))
  },
  readToken(res) { this.hook('login.readToken', () => this.host.hooks.readToken(res)) },
  request(url, data, token, timeout) {
    const header = merged(this.added, this.header(token))
    // An answer that is none is a failure.
    const success = res => res ? this.done(res) : this.fail()
    const task = this.host.wx.request(this.args({ method: 'POST', url, data, header, timeout, success }))
    if (task && task.abort) this.undo = () => task.abort()
  },
  getStorage(key) {
    const { wx, encrypt } = this.host
    if (!encrypt) return this.done(wx.getStorageSync(key))
    const fail = err => /not found/.test(err && err.errMsg) ? this.done() : this.fail(err)
    wx.getStorage({ key, encrypt, success: res => this.done(res.data), fail })
  },
  setStorage(key, data) {
    const { wx, encrypt } = this.host
    if (encrypt) return data ? wx.setStorage(this.args({ key, data, encrypt })) : wx.removeStorage(this.args({ key }))
    data ? wx.setStorageSync(key, data) : wx.removeStorageSync(key)
    this.done()
  },
  send(call, authorization) { call.over ? this.fail() : call.go(authorization, this) },
}

/** Before it begins, a step that goes to the app's server calls the app's `header`, which may end it. */
const ADD = {
  request(url, data, token, timeout) {
    const { wxp } = this.host, header = Object.assign({}, token === undefined && this.header())
    this.added = added(wxp.options.header, wxp.token, { method: 'POST', url, data, header, timeout }, 'request')
  },
  send(call) { if (!call.over) call.add() },
}

const NAMED_AS_IN_WX = ['checkSession', 'login', 'request']

/** A step that the core waits for. */
class Step {
  constructor(host, ticket, name, args) {
    this.host = host
    this.ticket = ticket
    this.begun = this.over = false
    /** Takes back what has begun. */
    this.undo = undefined
    /** What the app's `header` gave. */
    this.added = null
    host.open.set(ticket, this)
    later(() => {
      if (this.over) return
      if (host.wxp.adds && ADD[name]) {
        try {
          ADD[name].apply(this, args)
        } catch (e) {
          return this.fail(threw('header', e))
        }
        if (this.over) return
      }
      this.begun = true
      try {
        STEPS[name].apply(this, args)
      } catch (e) {
        this.fail(thrown(e, host.wx, NAMED_AS_IN_WX.includes(name) && name))
      }
    })
  }

  done(value) { this.answer(true, value) }
  fail(err) { this.answer(false, err) }

  /** wx has been seen to call back twice, and the core may not want the answer any more. */
  answer(ok, value) {
    if (this.end()) this.host.wxp.core.answer(this.ticket, ok, value)
  }

  end() { return !this.over && (this.over = this.host.open.delete(this.ticket)) }

  cancel() {
    // What the app gave for wx may give tasks without abort.
    if (this.end() && this.undo) unheard(this.undo)
  }

  /** What wx is given: this and the step's callbacks. */
  args(more) { return Object.assign({ success: res => this.done(res), fail: err => this.fail(err) }, more) }

  /** Of a post of ours: `login.header`, or what carries the token. */
  header(token) {
    const { name, prefix } = this.host.wxp.token
    return token === undefined ? this.host.hooks.header : { [name]: prefix + token }
  }

  /** Calls a function of the app, sync or async. */
  hook(name, run) {
    new Promise(resolve => resolve(run())).then(value => this.done(value), e => this.fail(threw(name, e)))
  }
}

export class Host {
  constructor(wxp) {
    const { login, storage, log } = wxp.options
    this.wxp = wxp
    this.wx = wxp.wx
    this.hooks = login
    this.hasBody = !!login.body
    this.hasReadToken = !!login.readToken
    this.hasLog = !!log
    this.encrypt = storage && storage.encrypt
    /** Steps under way, by ticket. */
    this.open = new Map()
  }

  /** With the token of this moment, which the core has just granted. */
  sendWith(ticket, call, generation) { this.send(ticket, call, this.wxp.authorization(generation)) }
  token(generation, text) { this.wxp.keepToken(generation, text) }
  // Without an answer: the core is gone by then. With `fail`, wx makes no promise that could reject.
  remove(key) { unheard(() => this.encrypt ? this.wx.removeStorage({ key, fail() {} }) : this.wx.removeStorageSync(key)) }
  cancel(ticket) { this.open.get(ticket).cancel() }
  hasBegun(ticket) { return this.open.get(ticket).begun }

  tell(event) {
    if (event.error) event.error = toError(event.error)
    later(() => this.wxp.emit(event))
  }

  log(entry) {
    if (entry.error) entry.error = toError(entry.error)
    later(() => { if (!this.wxp.disposed) this.wxp.options.log(entry) })
  }

  /** The core is dead or disposed of: nothing more begins or comes back. */
  close() {
    for (const step of Array.from(this.open.values())) step.cancel()
  }
}

for (const name in STEPS) Host.prototype[name] = function (ticket, ...args) { new Step(this, ticket, name, args) }
