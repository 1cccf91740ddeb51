// node:vm as far as tests/package uses it.
import { realm } from './shell.js'

/** Where the shell makes no realms: one global object for all, seen through a list of what is in it. */
function shadow() {
  const own = Object.create(null)
  for (const name of Object.getOwnPropertyNames(host.bare)) own[name] = globalThis[name]
  own.globalThis = own
  own.Date = class Date extends globalThis.Date {}
  own.Error = globalThis.Error
  own.Function = function () { throw new EvalError('Code generation from strings disallowed for this context') }
  const scope = new Proxy(own, { has: () => true, get: (target, name) => name === Symbol.unscopables ? undefined : target[name] })
  return { global: own, evaluate: code => new Function('scope', 'code', 'with (scope) { return (function () { return eval(code) })() }')(scope, code) }
}

const realms = new WeakMap()

function createContext() {
  const made = (realm || shadow)()
  realms.set(made.global, made)
  return made.global
}

class Script {
  constructor(source) { this.source = source }
  runInContext(context) { return realms.get(context).evaluate(this.source) }
}

export default { createContext, Script, runInContext: (code, context) => realms.get(context).evaluate(code) }
