// UTF-8 for the glue: devices have no TextDecoder and TextEncoder. The WASM side gives and takes
// valid UTF-8 only; a lone surrogate in a JavaScript string becomes U+FFFD,
// as with the real TextEncoder.

/** @returns {number[] | Uint8Array} the text's bytes */
export function encode(text) {
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
  while (at < end) {
    const first = bytes[at++]
    const more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3
    let point = more ? first & 0x3f >> more : first
    for (let n = 0; n < more; n++) point = point << 6 | bytes[at++] & 0x3f
    text += String.fromCodePoint(point)
  }
  return text
}
