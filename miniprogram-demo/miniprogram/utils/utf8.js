// 流式解码 UTF-8：网络会把一个字切成两段，真机上也没有 TextDecoder。
const BAD = 0xfffd

// 首字节说明一个字符有几个字节，以及它自己带的那几位。
function lead(byte) {
  if (byte < 0x80) return [1, byte]
  if (byte >= 0xc2 && byte < 0xe0) return [2, byte & 0x1f]
  if (byte >= 0xe0 && byte < 0xf0) return [3, byte & 0x0f]
  if (byte >= 0xf0 && byte < 0xf5) return [4, byte & 0x07]
  return [1, BAD]
}

function textOf(code) {
  if (code < 0x10000) return String.fromCharCode(code)
  const rest = code - 0x10000
  return String.fromCharCode(0xd800 + (rest >> 10), 0xdc00 + (rest & 0x3ff))
}

// 太短的编码和单独的代理都不算字符。
const least = [0, 0, 0x80, 0x800, 0x10000]
const valid = (code, length) => code >= least[length] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)

export function createDecoder() {
  let rest = []
  const decoder = {
    // 有多少段的末尾切在字符中间
    cut: 0,
    push(buffer) {
      const bytes = rest.concat(Array.from(new Uint8Array(buffer)))
      let text = ''
      let at = 0
      while (at < bytes.length) {
        const [length, bits] = lead(bytes[at])
        let code = bits
        let read = 1
        while (read < length && at + read < bytes.length && (bytes[at + read] & 0xc0) === 0x80) {
          code = (code << 6) | (bytes[at + read] & 0x3f)
          read += 1
        }
        // 还没到齐：等下一段。
        if (read < length && at + read === bytes.length) break
        text += textOf(read === length && valid(code, length) ? code : BAD)
        at += read
      }
      rest = bytes.slice(at)
      if (rest.length) decoder.cut += 1
      return text
    },
    // 流结束：没到齐的字符不会再来了。
    end: () => (rest.length ? textOf(BAD) : ''),
  }
  return decoder
}
