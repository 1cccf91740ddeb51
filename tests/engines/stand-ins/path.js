// node:path as far as tests/package uses it, of absolute paths with slashes.
const normal = path => {
  const parts = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part && part !== '.') parts.push(part)
  }
  return '/' + parts.join('/')
}
const join = (...parts) => normal(parts.join('/'))
const resolve = (...parts) => join(...parts.slice(Math.max(0, parts.map(part => part[0] === '/').lastIndexOf(true))))
const dirname = path => path.slice(0, path.lastIndexOf('/')) || '/'
export default { join, resolve, dirname }
