// @ts-check
// The headers of requests that go home: where the token stands, and what the app adds (rule 8).

/** A field of a header; what is neither text nor number is none. */
export const isField = (name, value) => /^[\w!#$%&'*+.^`|~-]+$/.test(name) && (typeof value === 'string' || typeof value === 'number') && !/[\r\n\0]/.test(String(value))

/** The header that carries the token, as the option `authorization` says. */
export class TokenHeader {
  constructor({ header = 'Authorization', scheme = 'Bearer' } = {}) {
    this.name = header
    this.lower = header.toLowerCase()
    this.prefix = scheme && scheme + ' '
    // What it says that was made of a token which is not there.
    this.nothing = new RegExp(`^\\s*(${scheme.replace(/\W/g, '\\$&')}(\\s+|$))?(undefined|null)?\\s*$`, 'i')
  }

  is(name) { return name.length === this.lower.length && name.toLowerCase() === this.lower }

  /** Whether the caller brings a token of its own. */
  isIn(header) {
    for (const name in header) if (this.is(name) && !this.nothing.test(header[name])) return true
    return false
  }
}

/** What the app's option `header` adds to this attempt. Throws what the app's function throws. */
export function added(option, token, args, api) {
  const given = typeof option === 'function' ? option(args, api) : option, fields = {}
  if (given && (typeof given !== 'object' || typeof given.then === 'function')) throw new TypeError('it should give an object, at once')
  for (const name in given) {
    const value = given[name]
    // wx sets the type of what it makes of a file.
    if (value === undefined || value === null || token.is(name) || api === 'uploadFile' && name.toLowerCase() === 'content-type') continue
    if (!isField(name, value)) throw new TypeError('what it gave is no header: names and texts are on one line')
    fields[name] = String(value)
  }
  return fields
}

/** One header of both, in which the second's fields come before those of the same name, whatever the case. */
export function merged(first, second) {
  const names = Object.keys(second || {}).map(name => name.toLowerCase()), fields = {}
  for (const name in first) if (!names.includes(name.toLowerCase())) fields[name] = first[name]
  return Object.assign(fields, second)
}
