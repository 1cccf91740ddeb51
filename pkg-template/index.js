import { WxpError } from './error.js'
import { fromWx } from './promisify.js'
import { Client } from './wxp.js'

/** Creates the app's one object; see index.d.ts. */
function createWxp(options) {
  const client = new Client(options)
  const own = {
    requestNeedLogin: args => client.request('request', args),
    uploadFileNeedLogin: args => client.request('uploadFile', args),
    downloadFileNeedLogin: args => client.request('downloadFile', args),
    ensureLogin: () => client.ensureLogin(),
    getToken: () => client.getToken(),
    loginWithProfile: args => client.loginWithProfile(args),
    loginWithPhone: args => client.loginWithPhone(args),
    logout: () => client.logout(),
    on: (event, fn) => client.on(event, fn),
    off: (event, fn) => client.off(event, fn),
    dispose: () => client.dispose(),
    get session() { return client.session() },
    get ready() { return client.ready },
  }
  const found = new Map()
  // Behind our own members, not before them: a call through a Proxy costs as much as one into the WASM.
  const rest = new Proxy({}, {
    get(target, name) {
      if (name in target) return target[name]
      const source = client.wx[name]
      const known = found.get(name)
      if (known && known.source === source) return known.value
      const value = fromWx(client.wx, name)
      found.set(name, { source, value })
      return value
    },
    has: (target, name) => name in target || name in client.wx,
  })
  return Object.setPrototypeOf(own, rest)
}

// In CommonJS: what esbuild makes of `export` would run five helpers at every start.
exports.__esModule = true
exports.createWxp = createWxp
exports.WxpError = WxpError
