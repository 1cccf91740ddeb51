// UTF-8 for the glue: devices have no TextDecoder and TextEncoder. The WASM side gives and takes
// valid UTF-8 only; a lone surrogate in a JavaScript string becomes U+FFFD,
// as with the real TextEncoder.

/** @returns {number[] | Uint8Array} the text's bytes */
export function encode(text) {
  // Without a JIT, this takes a third of the time of the loop below.
  const { length } = text, ascii = new Uint8Array(length)
  let at = 0, unit
  while (at < length && (unit = text.charCodeAt(at)) < 0x80) ascii[at++] = unit
  if (at === length) return ascii
  const bytes = []
  for (let i = 0; i < text.length; i++) {
    let point = text.charCodeAt(i)
    if (point >= 0x80) {
      point = text.codePointAt(i)
      if (point > 0xffff) i++
      else if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd
    }
    const more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3
    bytes.push(more ? [0, 0xc0, 0xe0, 0xf0][more] | point >> 6 * more : point)
    for (let n = more - 1; n >= 0; n--) bytes.push(0x80 | point >> 6 * n & 0x3f)
  }
  return bytes
}

/** @returns {string} the text of the bytes from `at` to `end` */
export function decode(bytes, at, end) {
  let text = ''
  // Without a JIT, the loop takes four times as long; engines limit how many arguments may be given.
  if (end - at < 1000) {
    text = String.fromCharCode.apply(null, bytes.subarray(at, end))
    if (!/[^\0-\x7f]/.test(text)) return text
    text = ''
  }
  while (at < end) {
    const first = bytes[at++]
    const more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3
    let point = more ? first & 0x3f >> more : first
    for (let n = 0; n < more; n++) point = point << 6 | bytes[at++] & 0x3f
    text += String.fromCodePoint(point)
  }
  return text
}
