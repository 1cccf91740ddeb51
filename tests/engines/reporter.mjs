// A reporter of node:test: a line for every result, as stand-ins/test.js writes them, with the file.
import path from 'node:path'

export default async function * (source) {
  const inner = new Map()
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue
    const { file, name, nesting } = data
    const below = inner.get(file) || []
    inner.set(file, below)
    if (nesting) below.push(name)
    else {
      for (const path_ of below.length ? below.splice(0).map(mode => [name, mode]) : [[name]]) {
        yield JSON.stringify({ file: path.basename(file), path: path_, ok: type === 'test:pass' }) + '\n'
      }
    }
  }
}
