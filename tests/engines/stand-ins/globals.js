// What tests/package uses of Node's globals. First of all in a bundle for a bare shell.
import 'core-js/actual/url'
import 'core-js/actual/url-search-params'
import 'core-js/actual/structured-clone'
import { env, macrotask, onUnhandledRejection, print } from './shell.js'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const encodings = {
  utf8: {
    bytes: text => Uint8Array.from(unescape(encodeURIComponent(text)), c => c.charCodeAt(0)),
    text: bytes => decodeURIComponent(escape(encodings.latin1.text(bytes))),
  },
  latin1: {
    bytes: text => Uint8Array.from(text, c => c.charCodeAt(0)),
    text: bytes => Array.from(bytes, b => String.fromCharCode(b)).join(''),
  },
  base64url: {
    bytes(text) {
      const out = []
      let bits = 0, held = 0
      for (const c of text.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')) {
        held = held << 6 | ALPHABET.indexOf(c)
        if ((bits += 6) >= 8) out.push(held >> (bits -= 8) & 255)
      }
      return Uint8Array.from(out)
    },
    text(bytes) {
      let out = ''
      for (let at = 0; at < bytes.length; at += 3) {
        const three = bytes[at] << 16 | bytes[at + 1] << 8 | bytes[at + 2]
        for (let i = 0; i <= Math.min(3, bytes.length - at); i++) out += ALPHABET[three >> 18 - 6 * i & 63]
      }
      return out
    },
  },
  base64: {
    bytes: text => encodings.base64url.bytes(text),
    text: bytes => encodings.base64url.text(bytes).replace(/-/g, '+').replace(/_/g, '/').padEnd(Math.ceil(bytes.length / 3) * 4, '='),
  },
}

class Buffer extends Uint8Array {
  static from(value, encoding = 'utf8') { return Uint8Array.from.call(Buffer, typeof value === 'string' ? encodings[encoding].bytes(value) : value) }
  static concat(parts) { return Buffer.from(parts.flatMap(part => Array.from(part))) }
  static byteLength(text) { return encodings.utf8.bytes(text).length }
  toString(encoding = 'utf8') { return encodings[encoding].text(this) }
}

const handlers = []
onUnhandledRejection(reason => { for (const handler of handlers) handler(reason) })

Object.assign(globalThis, {
  Buffer,
  process: { env, on: (event, handler) => event === 'unhandledRejection' && handlers.push(handler) },
  setImmediate: macrotask,
  console: { log: print, error: print },
})
