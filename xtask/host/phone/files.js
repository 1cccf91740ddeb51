// Files of the phone: temporary ones, and pictures from the network, which pages may show from
// anywhere although this page's own policy lets it load from here only.
import { ask } from '../wx/simulator.js'

const temporary = new Map()

/** Keeps a file under a path that pages can use. */
export function keep(blob, name) {
  const path = `http://tmp/${crypto.randomUUID()}/${name}`
  temporary.set(path, { blob, name, address: URL.createObjectURL(blob) })
  return path
}

/** The file with this path: `{blob, name}`, or undefined. */
export const fileOf = (path) => temporary.get(path)

/** The file's bytes in Base64. */
export async function base64Of(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer())
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}

export const bytesOf = (base64) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))

/** Where this page finds what a mini program names as a picture. */
export async function addressOf(src) {
  if (temporary.has(src)) return temporary.get(src).address
  if (!/^https?:/.test(src) || new URL(src).origin === location.origin) return src
  try {
    const { data, header } = await ask('request', { url: src, responseType: 'arraybuffer' })
    return URL.createObjectURL(new Blob([bytesOf(data)], { type: header['content-type'] }))
  } catch {
    // Shown as a picture that can't be loaded.
    return ''
  }
}
