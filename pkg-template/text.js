// UTF-8 for the glue: devices have no TextDecoder and TextEncoder. The WASM side gives and takes valid
// UTF-8 only; a lone surrogate in a JavaScript string becomes U+FFFD, as with the real TextEncoder.

export function TextEncoder() {}

TextEncoder.prototype.encode = function (text) {
  const bytes = []
  for (const char of text) {
    let point = char.codePointAt(0)
    if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd
    const more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3
    bytes.push(more ? [0, 0xc0, 0xe0, 0xf0][more] | point >> 6 * more : point)
    for (let n = more - 1; n >= 0; n--) bytes.push(0x80 | point >> 6 * n & 0x3f)
  }
  return new Uint8Array(bytes)
}

export function TextDecoder() {}

TextDecoder.prototype.decode = function (bytes) {
  let text = ''
  for (let i = 0, end = bytes ? bytes.length : 0; i < end;) {
    const first = bytes[i++]
    const more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3
    let point = more ? first & 0x3f >> more : first
    for (let n = 0; n < more; n++) point = point << 6 | bytes[i++] & 0x3f
    text += String.fromCodePoint(point)
  }
  return text
}
