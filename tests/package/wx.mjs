// The phone: WeChat's `wx` with the switches that real clients differ in. It outlives a launch of
// the app; its clock is virtual.
import { Backend } from './backend.mjs'
import { Clock } from './clock.mjs'
import { network } from './network.mjs'

export const TAP = 'getUserProfile:fail can only be invoked by user TAP gesture.'

/** What a test lets an API do: fail, never call back, answer late, or throw. */
export const fails = (errMsg, errno, more) => ({ fail: { errMsg, errno, ...more } })
export const throws = message => ({ throws: message })

export class Phone {
  /** @param {{callbacks?: 'async' | 'sync' | 'twice', promise?: 'native' | 'polyfilled'}} mode */
  constructor({ callbacks = 'async', promise = 'native' } = {}) {
    this.clock = new Clock()
    this.backend = new Backend(this.clock)
    this.callbacks = callbacks
    /** As on iOS 15 and older, microtasks lose the tap. */
    this.oldIos = promise === 'polyfilled'
    /** Base libraries before 2.24 give no errno. */
    this.errno = true
    /** Header names as the network stack happens to write them. */
    this.headerCase = name => name
    this.rotate = true
    this.storage = new Map()
    /** What getStorageSync gives for a missing key. */
    this.missing = ''
    this.tapped = false
    this.privacyAgreed = true
    this.profile = { nickName: 'Band', gender: 1, avatarUrl: 'https://thirdwx.qlogo.cn/0', language: 'zh_CN' }
    this.account = { miniProgram: { appId: 'wx4f4bc4dec97d474b', envVersion: 'release' } }
    this.hidden = false
    this.suspended = false
    this.calls = []
    /** Called before every call of an API, or of a task's abort. */
    this.onCall = () => {}
    this.scripts = new Map()
    this.heard = new Map()
    this.clock.onTask = () => { this.tapped = false }
    this.wx = this.makeWx()
  }

  // ---- what a test says -------------------------------------------------------------------------

  /** Lets the next calls of an API do this. */
  will(api, ...behaviours) {
    this.scripts.set(api, [...(this.scripts.get(api) || []), ...behaviours])
  }

  always(api, behaviour) {
    this.scripts.set(api, { behaviour })
  }

  heal(api) {
    this.scripts.delete(api)
  }

  /** How often an API was called. */
  count(api) {
    return this.calls.filter(call => call.api === api).length
  }

  /** What old clients and plugins lack. */
  lacks(...apis) {
    for (const api of apis) delete this.wx[api]
  }

  /** The user taps: the handler runs inside the tap. */
  tap(handler) {
    this.tapped = true
    try {
      return handler()
    } finally {
      if (this.oldIos) this.tapped = false
    }
  }

  tell(event, detail) {
    for (const listener of [...(this.heard.get(event) || [])]) listener(detail)
  }

  /** The user leaves; after 5 s WeChat cuts requests off, and the JavaScript stands still. */
  async hide(ms = 0) {
    this.hidden = true
    this.tell('AppHide')
    if (ms < 5000) return this.clock.advance(ms)
    await this.clock.advance(5000)
    this.suspended = true
    this.net.interrupt()
    this.clock.suspend(ms - 5000)
  }

  show() {
    this.hidden = this.suspended = false
    this.tell('AppShow', { scene: 1001 })
  }

  // ---- wx ---------------------------------------------------------------------------------------

  note(api, args) {
    this.onCall(api)
    this.calls.push({ api, at: this.clock.now(), args })
  }

  /** Does what the script says, or else `act`, which gives a result or throws `{errMsg}`. */
  call(api, args, act, grantsTap = false) {
    this.note(api, args && { ...args })
    const script = this.scripts.get(api)
    const planned = (Array.isArray(script) ? script.shift() : script && script.behaviour) || {}
    if (planned.throws) throw new Error(planned.throws)
    let failed = planned.fail
    let result
    if (!failed) {
      try {
        result = { errMsg: `${api}:ok`, ...(planned.ok || act()) }
      } catch (e) {
        if (e instanceof Error) throw e
        failed = e
      }
    }
    if (failed) failed = this.failed(failed)
    if (planned.never) return undefined
    const held = this.tapped && grantsTap
    const given = args || {}
    if (!['success', 'fail', 'complete'].some(name => typeof given[name] === 'function')) {
      return new this.Promise((resolve, reject) => this.soon(() => failed ? reject(failed) : resolve(result), planned.after))
    }
    this.callBack(given, failed ? 'fail' : 'success', failed || result, planned.after, held)
    return undefined
  }

  failed({ errMsg, errno, ...more }) {
    return this.errno && errno !== undefined ? { errMsg, errno, ...more } : { errMsg, ...more }
  }

  soon(run, after) {
    if (this.callbacks === 'sync' && after === undefined) run()
    else this.clock.set(run, after === undefined ? 5 : after)
  }

  /** success or fail, then complete; what a callback throws goes to wx.onError. */
  callBack(args, name, result, after, tapped = false) {
    const say = names => {
      this.tapped = this.tapped || tapped
      for (const key of names) {
        if (typeof args[key] !== 'function') continue
        try {
          args[key](result)
        } catch (e) {
          this.clock.onThrow(e)
        }
      }
    }
    this.soon(() => say([name, 'complete']), after)
    if (this.callbacks === 'twice') {
      // Seen in the wild: the same callback again, and once more with the opposite news.
      this.clock.set(() => say([name, 'complete']), (after || 5) + 1)
      this.clock.set(() => say([name === 'success' ? 'fail' : 'success']), (after || 5) + 2)
    }
  }

  makeWx() {
    const { backend } = this
    const listen = event => ({
      [`on${event}`]: fn => void this.heard.set(event, [...(this.heard.get(event) || []), fn]),
      [`off${event}`]: fn => void this.heard.set(event, (this.heard.get(event) || []).filter(other => fn && other !== fn)),
    })
    const async = (api, act, grantsTap) => ({ [api]: args => this.call(api, args, () => act(args || {}), grantsTap) })
    const sync = (api, act) => ({
      [api]: (...args) => {
        this.note(api, args)
        const script = this.scripts.get(api)
        const planned = (Array.isArray(script) ? script.shift() : script && script.behaviour) || {}
        if (planned.throws) throw new Error(planned.throws)
        return 'ok' in planned ? planned.ok : act(...args)
      },
    })
    this.net = network(this)
    return {
      ...async('login', () => ({ code: backend.issueCode(this.rotate) })),
      ...async('checkSession', () => ({})),
      ...async('getUserProfile', args => this.getUserProfile(args)),
      ...async('getStorage', ({ key }) => {
        if (!this.storage.has(key)) throw { errMsg: 'getStorage:fail data not found' }
        return { data: structuredClone(this.storage.get(key)) }
      }),
      ...async('setStorage', ({ key, data }) => void this.storage.set(key, plain(data))),
      ...async('removeStorage', ({ key }) => void this.storage.delete(key)),
      ...sync('getStorageSync', key => this.storage.has(key) ? structuredClone(this.storage.get(key)) : this.missing),
      ...sync('setStorageSync', (key, data) => void this.storage.set(key, plain(data))),
      ...sync('removeStorageSync', key => void this.storage.delete(key)),
      ...sync('getAccountInfoSync', () => structuredClone(this.account)),
      ...sync('getSystemInfoSync', () => ({ platform: 'android', SDKVersion: '3.17.0' })),
      ...sync('canIUse', () => true),
      ...sync('createSelectorQuery', () => ({ select: selector => ({ selector }) })),
      ...async('getSystemInfo', () => ({ platform: 'android' })),
      ...async('getSetting', () => ({ authSetting: {} }), true),
      ...async('showModal', () => ({ confirm: true, cancel: false })),
      ...async('showToast', () => ({})),
      ...async('scanCode', () => ({ result: '42', scanType: 'QR_CODE' })),
      ...listen('AppShow'),
      ...listen('AppHide'),
      ...listen('NetworkStatusChange'),
      ...listen('MemoryWarning'),
      ...this.net.api,
      env: { USER_DATA_PATH: 'http://usr' },
    }
  }

  getUserProfile({ desc }) {
    const fail = (text, errno) => ({ errMsg: `getUserProfile:fail ${text}`, errno })
    if (!this.tapped) throw { errMsg: TAP }
    if (typeof desc !== 'string' || !desc || Buffer.byteLength(desc.replace(/[^\x00-\x7f]/g, 'xx')) > 30) throw fail('desc length does not meet the requirements')
    if (!this.privacyAgreed) throw fail('privacy permission is not authorized', 104)
    const rawData = JSON.stringify(this.profile)
    return { userInfo: this.profile, rawData, signature: this.backend.secret('signature'), ...this.backend.encrypt(this.profile) }
  }
}

/** As the phone writes it to disk; the app's objects stay its own. */
const plain = value => JSON.parse(JSON.stringify(value))
