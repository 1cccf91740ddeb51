// node:vm as far as tests/package uses it.
import { LANGUAGE, realm } from './shell.js'

/** Code from texts is refused in all contexts. */
const FORBID = `(function () {
  const refuse = function () { throw new EvalError('Code generation from strings disallowed for this context') }
  refuse.prototype = Function.prototype
  globalThis.eval = globalThis.Function = refuse
})()`

/**
 * Where the shell makes no realms: an object with what the language has, which the code sees in
 * place of the global one.
 */
function shadow() {
  const own = Object.create(null)
  for (const name of LANGUAGE) own[name] = globalThis[name]
  own.globalThis = own
  own.Date = class Date extends globalThis.Date {}
  const scope = new Proxy(own, { has: () => true, get: (target, name) => name === Symbol.unscopables ? undefined : target[name] })
  return { global: own, evaluate: code => compiled(code)(scope) }
}

const functions = new Map()

/** Compiled once, as compiling the fallback takes such an engine longer than a test. */
function compiled(code) {
  if (!functions.has(code)) functions.set(code, new Function('scope', `with (scope) { return (\n${code}\n) }`))
  return functions.get(code)
}

const realms = new WeakMap()

function createContext() {
  const made = (realm || shadow)()
  made.evaluate(FORBID)
  realms.set(made.global, made)
  return made.global
}

class Script {
  constructor(source) { this.source = source }
  runInContext(context) { return realms.get(context).evaluate(this.source) }
}

export default { createContext, Script, runInContext: (code, context) => realms.get(context).evaluate(code) }
