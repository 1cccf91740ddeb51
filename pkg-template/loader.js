// @ts-check
// One WASM instance serves every wxp. The glue is a factory, evaluated once per instance: what a dead
// instance still holds can then only reach the dead one.
import createGlue from './glue.js'
import { error } from './error.js'

const PATH = '/miniprogram_npm/miniprogram-login/miniprogram_login.wasm.br'

let loading

/**
 * @param {Record<string, any>} options
 * @returns {Promise<{glue: any, clients: Set<any>, dead: boolean}>} the living instance; a failed load is not remembered
 */
export function load(options) {
  if (loading) return loading
  const path = options.wasmPath || PATH
  const fail = (detail, errMsg) => error('wasm_unavailable', 'load', { detail: `${detail}, path ${path}`, errMsg })
  const attempt = new Promise((resolve, reject) => {
    const api = options.WXWebAssembly || typeof WXWebAssembly !== 'undefined' && WXWebAssembly
    if (!api) return reject(fail('WXWebAssembly is missing: base library 2.13.0 or newer is needed'))
    const timer = setTimeout(() => reject(fail('no answer within loadTimeout')), options.loadTimeout === undefined ? 10000 : options.loadTimeout)
    const once = () => {
      const glue = createGlue()
      return api.instantiate(path, { './miniprogram_login_bg.js': glue }).then(result => {
        glue.__wbg_set_wasm((result.instance || result).exports)
        return { glue, clients: new Set(), dead: false }
      })
    }
    const settle = then => value => {
      clearTimeout(timer)
      then(value)
    }
    const refused = settle(e => reject(fail('WXWebAssembly refused it', String(e && e.message || e))))
    // Some iOS clients refuse a good module now and then: ask twice.
    const start = () => { try { return once() } catch (e) { return Promise.reject(e) } }
    start().then(settle(resolve), () => start().then(settle(resolve), refused))
  })
  loading = attempt
  attempt.catch(() => { if (loading === attempt) loading = undefined })
  return attempt
}

/** After a trap: the instance is dead, and everybody on it must know. */
export function bury(instance, cause) {
  loading = undefined
  instance.dead = true
  // All leave it before the first is told: who hears of it may call the others, whose next instance may be loading already.
  const tellings = Array.from(instance.clients, client => client.died(cause))
  for (const tell of tellings) tell()
}
