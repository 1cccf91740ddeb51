// What the browser tests run on: a phone, and the package's own JavaScript over this module.

const HOME = 'https://api.example.com'

// What stands in the place of modules that the build generates or adapts. The glue is the test
// runner's, with an executor that runs in microtasks; so the queue's entries do too.
const STAND_INS = {
  apis: "export const callbackApis = '^(login|checkSession)$', taskApis = []",
  glue: `
    import { Core, prepare } from '${location.origin}/wasm-bindgen-test'
    export default () => ({ Core, prepare, __wbg_set_wasm() {} })`,
  queue: `
    export const schedule = () => {}
    export const later = entry => queueMicrotask(entry)
    export const quietly = run => { try { run() } catch (e) { reportError(e) } }
    export const door = (own, onTrap) => function (...args) {
      try { return own.apply(this, args) } catch (e) { return onTrap(e) }
    }`,
}

let loading
/** The package. */
let sdk

/**
 * Loads the package from the sources of its modules, by name. They become `data:` URLs, as the test
 * runner's server now and then leaves one of many fetches at once unanswered.
 */
export function loadPackage(sources) {
  return loading = loading || load({ ...sources, ...STAND_INS })
}

function load(sources) {
  const imports = {}
  for (const name in sources) {
    // Within a data: URL there is nothing that './' could be relative to.
    const source = sources[name].replace(/from '\.\/(\w+)\.js'/g, "from 'package/$1'")
    imports['package/' + name] = 'data:text/javascript,' + encodeURIComponent(source)
  }
  const map = document.createElement('script')
  map.type = 'importmap'
  map.textContent = JSON.stringify({ imports })
  document.head.append(map)
  return import('package/index').then(it => { sdk = it })
}

/**
 * A phone with its server; it outlives the mini program. Switches: `refused`, tokens that are
 * answered by 401; `stored`, what is stored; `sync`: wx calls back inside the call.
 */
export class Phone {
  constructor({ refused = [], stored, sync = false }) {
    Object.assign(this, { refused, stored, sync })
    /** What wx was called with: `to` is its name, or for a request the path. */
    this.calls = []
    /** By such a name, what it gives instead: a value, or a function that gives or throws it. */
    this.answers = {}
    this.events = []
    this.logged = []
    /** Answers that are held back, and whose. */
    this.held = []
    this.holds = null
    this.codes = 0
    this.wx = {
      login: args => this.take('login', args, () => ({ code: 'code-' + ++this.codes })),
      checkSession: args => this.take('checkSession', args, () => ({})),
      getUserProfile: args => this.take('getUserProfile', args, () => ({})),
      request: args => {
        const path = args.url.replace(HOME, '').replace(/\?.*/, '')
        this.take(path, args, () => this.serve(path, args))
        return { abort: () => this.calls.push({ to: 'abort', url: args.url }) }
      },
      getStorageSync: () => this.stored === undefined ? '' : this.stored,
      // As wx does, which takes plain data alone.
      setStorageSync: (key, record) => { this.stored = structuredClone(record) },
      removeStorageSync: () => { this.stored = undefined },
    }
  }

  take(to, args, usual) {
    this.calls.push({ to, ...args })
    const answer = () => {
      let given
      try {
        given = to in this.answers ? this.answers[to] : usual()
        if (typeof given === 'function') given = given(args)
      } catch (e) {
        return args.fail(e)
      }
      args.success(given)
    }
    if (to === this.holds) this.held.push(answer)
    else if (this.sync) answer()
    else setTimeout(answer)
  }

  serve(path, { header = {} }) {
    const data = { authorizationToken: 'token-' + this.codes, expiresIn: 7200 }
    if (path === '/login') return { statusCode: 200, header: {}, data: { code: 200, data } }
    const refused = this.refused.some(token => header.Authorization === 'Bearer ' + token)
    return { statusCode: refused ? 401 : 200, data: { code: 200, data: path } }
  }

  /** From here on this name is not answered, … */
  hold(to) { this.holds = to }
  /** … until here. */
  release() {
    this.holds = null
    for (const answer of this.held.splice(0)) answer()
  }

  get WxpError() { return sdk.WxpError }

  /** Starts the mini program. */
  start(options) {
    const wxp = sdk.createWxp({
      baseUrl: HOME,
      login: { url: '/login' },
      profile: { url: '/profile' },
      phone: { url: '/phone' },
      logout: { url: '/logout' },
      log: entry => this.logged.push(entry),
      wx: this.wx,
      WXWebAssembly: { instantiate: () => Promise.resolve({ exports: {} }) },
      ...options,
    })
    for (const type of ['login', 'logout', 'expired', 'error']) {
      wxp.on(type, event => this.events.push(event))
    }
    return wxp
  }
}
