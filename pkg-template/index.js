import { fromWx } from './promisify.js'
import { Wxp } from './wxp.js'

export { WxpError, isWxpError } from './error.js'

/** Creates the app's one object; see index.d.ts. */
export function createWxp(options) {
  const wxp = new Wxp(options)
  const own = {
    requestNeedLogin: args => wxp.request('request', args),
    uploadFileNeedLogin: args => wxp.request('uploadFile', args),
    downloadFileNeedLogin: args => wxp.request('downloadFile', args),
    ensureLogin: () => wxp.call((core, call) => core.ensure(call)),
    getToken: () => wxp.call((core, call) => core.token(call)),
    loginWith: data => wxp.loginWith(data),
    setToken: (token, more) => wxp.setToken(token, more),
    loginWithProfile: args => wxp.loginWithProfile(args),
    loginWithPhone: args => wxp.call((core, call) => core.phone(call, String(args && args.code || ''))),
    logout: () => wxp.call((core, call) => core.logout(call)),
    on: (event, fn) => wxp.on(event, fn),
    off: (event, fn) => wxp.off(event, fn),
    dispose: () => wxp.dispose(),
    get session() { return wxp.session() },
    get ready() { return wxp.ready },
  }
  const found = new Map()
  // Behind our own members, not before them: a call through a Proxy costs as much
  // as one into the WASM.
  const rest = new Proxy({}, {
    get(target, name) {
      if (name in target) return target[name]
      const source = wxp.wx[name]
      const known = found.get(name)
      if (known && known.source === source) return known.value
      const value = fromWx(wxp.wx, name)
      found.set(name, { source, value })
      return value
    },
    has: (target, name) => name in target || name in wxp.wx,
  })
  return Object.setPrototypeOf(own, rest)
}
