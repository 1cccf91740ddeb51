// A text for each text, of the length and letters of a SHA-256 in base64url: all that the tests
// want of node:crypto, and computed a hundred times as fast without a JIT.
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

function digest(text) {
  let state = 0x811c9dc5, out = ''
  for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193)
  while (out.length < 43) {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0
    out += ALPHABET[state >>> 26]
  }
  return out
}

export const createHash = () => ({ update: text => ({ digest: () => digest(text) }) })
