// Evaluates a subject, or the package, anew: with functions of its own,
// so that V8 learns about each by itself.
const fs = require('fs')
const path = require('path')
const vm = require('vm')
const zlib = require('zlib')

/**
 * What the build hands over: pkg (the package), subjects (their bundles), module (instead of the
 * package's own), and so on.
 */
const given = JSON.parse(process.argv[2])

const dist = path.join(given.pkg, 'miniprogram_dist')

function evaluate(file, scope) {
  const module = { exports: {} }
  const names = Object.keys(scope)
  const run = vm.compileFunction(fs.readFileSync(file, 'utf8'), ['module', 'exports', ...names], { filename: file })
  run(module, module.exports, ...names.map(name => scope[name]))
  return module.exports
}

/**
 * The module's bytes: what a device has at hand when it is asked to instantiate a path
 * of the code package.
 */
function moduleBytes() {
  return given.module ? fs.readFileSync(given.module) : zlib.brotliDecompressSync(fs.readFileSync(path.join(dist, 'miniprogram_login.wasm.br')))
}

/**
 * WXWebAssembly over WebAssembly; `instances` gets what it makes,
 * `imports` is what it was given last.
 */
function wxWebAssembly(bytes, instances = []) {
  const made = {
    instances,
    instantiate(path, imports) {
      made.imports = imports
      return WebAssembly.instantiate(bytes, imports).then(result => {
        instances.push(result.instance)
        return result
      })
    },
  }
  return made
}

/** A subject with a wx of its own. */
function subject(name, { storage = new Map(), WXWebAssembly, onRequest } = {}) {
  const { createWx } = evaluate(path.join(__dirname, 'wx.js'), {})
  const wx = createWx(storage)
  if (onRequest) wx.onRequest = onRequest
  const make = evaluate(path.join(given.subjects, name + '.js'), { wx, uni: wx })
  const pkg = () => evaluate(path.join(dist, 'index.js'), {})
  return Object.assign({ name, wx, storage }, make(wx, { pkg, WXWebAssembly }))
}

module.exports = { given, moduleBytes, subject, wxWebAssembly }
