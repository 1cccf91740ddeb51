// node:assert/strict as far as tests/package uses it.
import { inspect } from './util.js'

class AssertionError extends Error {
  constructor({ message, actual, expected }) {
    super(message)
    Object.assign(this, { name: 'AssertionError', actual, expected })
  }
}

const fail = message => {
  if (message instanceof Error) throw message
  throw new AssertionError({ message: message || 'Failed' })
}
const said = (message, own) => message instanceof Error ? message : message === undefined ? own() : message
const check = (holds, message, own) => { if (!holds) fail(said(message, own)) }
const tag = value => Object.prototype.toString.call(value)
const keys = value => Reflect.ownKeys(value).filter(key => Object.prototype.propertyIsEnumerable.call(value, key))

function same(a, b, seen = new Map()) {
  if (Object.is(a, b)) return true
  if (Object(a) !== a || Object(b) !== b || typeof a === 'function') return false
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b) || tag(a) !== tag(b)) return false
  if (seen.get(a) === b) return true
  seen.set(a, b)
  if (a instanceof Error && (a.name !== b.name || a.message !== b.message)) return false
  if (a instanceof Date && +a !== +b) return false
  if (a instanceof Map || a instanceof Set) return same([...a], [...b], seen)
  if (a instanceof ArrayBuffer) return same(new Uint8Array(a), new Uint8Array(b), seen)
  const own = keys(a)
  return own.length === keys(b).length && (!Array.isArray(a) || a.length === b.length)
    && own.every(key => Object.prototype.propertyIsEnumerable.call(b, key) && same(a[key], b[key], seen))
}

function expected(error, wanted, message) {
  if (wanted === undefined) return
  if (wanted instanceof RegExp) check(wanted.test(String(error)), message, () => `${error} should match ${wanted}`)
  else if (typeof wanted === 'function') {
    if (wanted.prototype !== undefined && error instanceof wanted) return
    check(!(Error.isPrototypeOf(wanted)) && wanted.call({}, error) === true, message, () => `not the error that was expected: ${error}`)
  } else for (const key of Object.keys(wanted)) {
    check(wanted[key] instanceof RegExp ? wanted[key].test(error[key]) : same(error[key], wanted[key]), message, () => `${key} of the error is ${inspect(error[key])}`)
  }
}

function throws(run, wanted, message) {
  try {
    run()
  } catch (e) {
    return expected(e, wanted, message)
  }
  fail(said(message, () => 'should have thrown'))
}

async function rejects(what, wanted, message) {
  try {
    await (typeof what === 'function' ? what() : what)
  } catch (e) {
    return expected(e, wanted, message)
  }
  fail(said(message, () => 'should have rejected'))
}

export default {
  AssertionError, fail, throws, rejects,
  ok: (value, message) => check(value, message, () => `${inspect(value)} should be true`),
  equal: (a, b, message) => check(Object.is(a, b), message, () => `${inspect(a)} should be ${inspect(b)}`),
  notEqual: (a, b, message) => check(!Object.is(a, b), message, () => `should not be ${inspect(b)}`),
  deepEqual: (a, b, message) => check(same(a, b), message, () => `${inspect(a, { depth: 6 })} should equal ${inspect(b, { depth: 6 })}`),
  match: (text, pattern, message) => check(pattern.test(text), message, () => `${inspect(text)} should match ${pattern}`),
}
