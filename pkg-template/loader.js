// @ts-check
// One WASM instance serves every wxp. The glue is a factory, evaluated once per instance: what a
// dead instance still holds can then only reach the dead one.
import createGlue from './glue.js'
import { error, toError } from './error.js'
import { door, schedule } from './queue.js'

const PATH = '/miniprogram_npm/miniprogram-login/miniprogram_login.wasm.br'

let loading

/** @returns {Promise<object>} the living instance; a failed load is not remembered */
export function load({ wasmPath: path = PATH, loadTimeout = 10000, WXWebAssembly: given }) {
  if (loading) return loading
  const attempt = loading = new Promise((resolve, reject) => {
    const fail = (detail, e, retryable) => reject(error('wasm_unavailable', 'load', { detail: `${detail}, path ${path.slice(0, 100)}`, errMsg: e && String(e && e.message || e), retryable }))
    const api = given || typeof WXWebAssembly !== 'undefined' && WXWebAssembly
    if (!api) return fail('WXWebAssembly is missing: base library 2.13.0 or newer is needed', undefined, false)
    const timer = setTimeout(() => fail('no answer within loadTimeout'), loadTimeout)
    const settle = then => value => {
      clearTimeout(timer)
      then(value)
    }
    const done = settle(resolve), refused = settle(e => fail('WXWebAssembly refused it', e))
    const ask = () => { try { return instantiate(api, path) } catch (e) { return Promise.reject(e) } }
    // Some iOS clients refuse a good module now and then: ask twice.
    ask().then(done, () => ask().then(done, refused))
  })
  attempt.catch(() => { if (loading === attempt) loading = undefined })
  return attempt
}

/** Every door into the instance is made here, and nowhere else. */
function instantiate(api, path) {
  const instance = { create: null, wxps: new Set(), dead: false, cause: null }
  const guard = own => {
    const guarded = door(own, e => {
      // What the core throws on purpose says at which stage; all else is a trap.
      if (e && e.stage) throw toError(e)
      markDead(instance, e)
    })
    return function (a, b, c) {
      if (!instance.dead) return guarded.call(this, a, b, c)
    }
  }
  let executor
  const glue = createGlue(run => schedule(executor = executor || guard(run)))
  return api.instantiate(path, { './miniprogram_login_bg.js': glue }).then(result => {
    glue.__wbg_set_wasm((result.instance || result).exports)
    glue.prepare()
    const { Core } = glue, { prototype } = Core
    for (const name of Object.getOwnPropertyNames(prototype)) if (name !== 'constructor') prototype[name] = guard(prototype[name])
    instance.create = guard((host, options, owner) => new Core(host, options, owner))
    return instance
  })
}

/** After a trap: the instance is dead, and everybody on it must know. */
function markDead(instance, e) {
  instance.dead = true
  const errMsg = String(e && e.message || e)
  // Before anybody lives in it, it is as if it had not loaded (rule 17).
  instance.cause = instance.wxps.size ? error('internal', 'load', { errMsg }) : error('wasm_unavailable', 'load', { detail: 'it stopped at its start, as where memory is short', errMsg })
  loading = undefined
  for (const wxp of Array.from(instance.wxps)) wxp.onInstanceLost(instance.cause)
}
