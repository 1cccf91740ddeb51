// node:fs as far as tests/package uses it.
import { readBytes, readText } from './shell.js'

const readFileSync = (file, encoding) => encoding ? readText(file) : new Buffer(readBytes(file))
const existsSync = file => {
  try {
    readText(file)
    return true
  } catch (e) {
    return false
  }
}
export default { readFileSync, existsSync }
