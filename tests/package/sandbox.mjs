// One launch of the mini program: the package in a bare JavaScript context that has what WeChat's
// logic layer has on the poorest device, and nothing else.
import fs from 'node:fs'
import path from 'node:path'
import vm from 'node:vm'
import zlib from 'node:zlib'

const root = path.resolve(import.meta.dirname, '../..')

/** The package under test. */
export const PKG = path.resolve(process.env.MINIPROGRAM_LOGIN_PKG || path.join(root, 'pkg'))
const DIST = path.join(PKG, 'miniprogram_dist')
/** Its fallback. */
const FALLBACK = path.resolve(process.env.MINIPROGRAM_LOGIN_FALLBACK || path.join(root, 'pkg-fallback'))
/** Whether every test runs on that, as on a device without WXWebAssembly. */
export const ON_FALLBACK = Boolean(process.env.MINIPROGRAM_LOGIN_ON_FALLBACK)
const HOME = '/miniprogram_npm/miniprogram-login/'

/** What an engine gives to every context although some device has it not. */
const ABSENT = ['WebAssembly', 'performance', 'atob', 'btoa', 'SharedArrayBuffer', 'Atomics', 'FinalizationRegistry', 'WeakRef', 'BigInt', 'BigInt64Array', 'BigUint64Array', 'Intl']

/** Scripts and modules are compiled once per process and run in every sandbox. */
const scripts = new Map()
const modules = new Map()

const read = (cache, file, make) => {
  if (!cache.has(file)) cache.set(file, make(fs.readFileSync(file)))
  return cache.get(file)
}

const script = (file, before = '', after = '') => read(scripts, file, source => new vm.Script(before + source + after, { filename: file }))
const POLYFILL = path.join(import.meta.dirname, 'polyfill.js')

/** Bytes of a code-package path, if the file is there. */
function inPackage(wasmPath) {
  const file = path.join(DIST, wasmPath.replace(HOME, ''))
  return wasmPath.startsWith(HOME) && fs.existsSync(file) ? file : null
}

/**
 * WXWebAssembly as far as devices agree about it: a path, an imports object, a promise.
 * What iOS can't compile is refused here too.
 */
export class WxWasm {
  constructor(sandbox) {
    this.sandbox = sandbox
    /** Every instance made, with a count of the calls into it. */
    this.instances = []
    /** Every instantiate call: its path. */
    this.asked = []
    /** How long a load takes, ms. */
    this.takes = 20
    /** What the next loads do instead: an Error to reject with, or 'never'. */
    this.next = []
    /** `instance`: resolve with the instance itself, as the typings say. */
    this.shape = 'result'
    /** Whether the phone gives an instance more memory than it comes with. */
    this.grows = true
    /** How many calls into an instance are under way. */
    this.depth = 0
    /** What was called while one was under way: rule 20 wants none. */
    this.nested = []
    this.api = { instantiate: (...args) => this.instantiate(...args) }
  }

  instantiate(wasmPath, imports) {
    const { Promise } = this.sandbox.global
    const { clock } = this.sandbox
    this.asked.push(wasmPath)
    const behaviour = this.next.shift()
    return new Promise((resolve, reject) => {
      if (behaviour === 'never') return
      clock.set(() => {
        if (behaviour) return reject(behaviour)
        try {
          resolve(this.make(wasmPath, imports))
        } catch (e) {
          reject(e)
        }
      }, this.takes)
    })
  }

  make(wasmPath, imports) {
    if (typeof wasmPath !== 'string' || !/\.wasm(\.br)?$/.test(wasmPath)) throw new Error('only support file type .wasm or .wasm.br')
    if (typeof imports !== 'object' || imports === null) throw new Error('Imports argument must be present and must be an object')
    const file = this.sandbox.file(wasmPath)
    if (!file) throw new Error(`file not found: ${wasmPath}`)
    const unpacked = bytes => file.endsWith('.br') ? zlib.brotliDecompressSync(bytes) : bytes
    const module = this.grows ? read(modules, file, bytes => compile(unpacked(bytes))) : compile(withFixedMemory(unpacked(fs.readFileSync(file))))
    const { exports } = new WebAssembly.Instance(module, imports)
    const instance = this.keep('wasm', exports)
    return this.shape === 'instance' ? { exports: instance.exports } : { instance: { exports: instance.exports }, module }
  }

  /** What the fallback's package exports, its instances noted as those of the module. */
  fallback() {
    const { version, instantiate } = this.sandbox.load(path.join(FALLBACK, 'miniprogram_dist/index.js'))
    return { version, instantiate: imports => this.keep('fallback', instantiate(imports)).exports }
  }

  /** Notes an instance. */
  keep(kind, exports) {
    const instance = { kind, dead: false, unwinding: false, calls: 0, callsAfterDeath: [], trapAt: Infinity, exports: {} }
    for (const [name, value] of Object.entries(exports)) {
      instance.exports[name] = typeof value === 'function' ? this.watch(instance, name, value) : value
    }
    this.instances.push(instance)
    return instance
  }

  /** Something is called that must not be while the core is at work. */
  note(what) {
    if (this.depth) this.nested.push(what)
  }

  /** Counts calls into the instance, and stops it like a trap when the test says. */
  watch(instance, name, run) {
    return (...args) => {
      // The glue may ask for memory, of some size. What else there is takes a pointer, which lies
      // behind the module's stack.
      const enters = args.some(arg => arg > 0xffff)
      if (enters) this.note(`${name}(${args})`)
      if (instance.dead && (enters || !instance.unwinding)) instance.callsAfterDeath.push(name)
      if (++instance.calls >= instance.trapAt) {
        instance.dead = instance.unwinding = true
        instance.trapAt = Infinity
        // The glue gives back what it took of the stack while that unwinds;
        // what comes later comes from outside.
        Promise.resolve().then(() => { instance.unwinding = false })
        throw new (this.sandbox.evaluate('Error'))('unreachable')
      }
      this.depth++
      try {
        return run(...args)
      } finally {
        this.depth--
      }
    }
  }

  get last() {
    return this.instances[this.instances.length - 1]
  }
}

/** @throws if WXWebAssembly of iOS would not take the module */
export function compile(bytes) {
  const module = new WebAssembly.Module(bytes)
  const exported = WebAssembly.Module.exports(module)
  const odd = exported.filter(({ kind, name }) => kind !== 'function' && name !== 'memory')
  if (odd.length) throw new Error(`CompileError: invalid wasm file: exports ${odd.map(({ kind, name }) => `${kind} ${name}`)}`)
  if (tables(bytes) > 1) throw new Error('CompileError: invalid wasm file: more than one table')
  return module
}

/** How many tables the module declares: the count that its section 4 begins with. */
function tables(bytes) {
  const section = find(bytes, 4)
  return section ? bytes[section.from] : 0
}

/** The module with a memory that is as large as it can be from the start. */
function withFixedMemory(bytes) {
  const { at, from, to } = find(bytes, 5)
  // One memory, without a largest size: count, flags, pages.
  if (bytes[from] !== 1 || bytes[from + 1] !== 0) throw new Error('a memory without limit was expected')
  const pages = bytes.subarray(from + 2, to)
  const content = [1, 1, ...pages, ...pages]
  return Buffer.concat([bytes.subarray(0, at), Buffer.from([5, content.length, ...content]), bytes.subarray(to)])
}

/** Where a section of the module begins, and its content. */
function find(bytes, wanted) {
  for (let at = 8; at < bytes.length;) {
    let from = at + 1, size = 0
    for (let shift = 0, more = 128; more; shift += 7) {
      more = bytes[from] & 128
      size |= (bytes[from++] & 127) << shift
    }
    const to = from + size
    if (bytes[at] === wanted) return { at, from, to }
    at = to
  }
}

export class Sandbox {
  /** @param {import('./wx.mjs').Phone} phone @param {{promise?: 'native' | 'polyfilled'}} mode */
  constructor(phone, { promise = 'native' } = {}) {
    const { clock } = phone
    this.clock = clock
    this.phone = phone
    /** What the app threw outside of every promise: wx.onError. */
    this.thrown = []
    /** wx.onUnhandledRejection; native promises report to the process, see scenario.mjs. */
    this.unhandled = []
    /** Everything that went to the console. */
    this.console = []
    clock.onThrow = e => this.thrown.push(e)

    this.context = vm.createContext({}, { codeGeneration: { strings: false, wasm: false } })
    this.global = this.evaluate('globalThis')
    for (const name of ABSENT) delete this.global[name]
    this.wasm = new WxWasm(this)
    const timer = again => (run, ms, ...args) => {
      const fire = () => {
        if (again) ids.set(id, clock.set(fire, ms || 1))
        run(...args)
      }
      const id = clock.set(fire, ms)
      return id
    }
    const ids = new Map()
    const clear = id => clock.clear(ids.has(id) ? ids.get(id) : id)
    Object.assign(this.global, {
      wx: phone.wx,
      WXWebAssembly: this.wasm.api,
      setTimeout: timer(false),
      setInterval: timer(true),
      clearTimeout: clear,
      clearInterval: clear,
      getApp: () => this.app,
      getCurrentPages: () => [],
    })
    const write = level => (...args) => this.console.push({ level, args })
    this.global.console = Object.fromEntries(['log', 'info', 'warn', 'error', 'debug'].map(level => [level, write(level)]))
    this.global.Date.now = () => clock.now()
    if (promise === 'polyfilled') script(POLYFILL).runInContext(this.context)(this.global.setTimeout, reason => this.unhandled.push(reason))
    if (ON_FALLBACK) delete this.global.WXWebAssembly
    phone.Promise = this.global.Promise
    this.cache = new Map()
  }

  evaluate(code) {
    return vm.runInContext(code, this.context)
  }

  /** Where a path in the code package leads, if anywhere. */
  file(wasmPath) {
    return inPackage(wasmPath)
  }

  /** The package, as `require('miniprogram-login')` gives it. */
  get package() {
    return this.load(path.join(DIST, 'index.js'))
  }

  /** What a `require` in a file leads to. */
  resolve(request, from) {
    return path.resolve(path.dirname(from), request.endsWith('.js') ? request : request + '.js')
  }

  load(file) {
    if (this.cache.has(file)) return this.cache.get(file).exports
    const module = { exports: {} }
    this.cache.set(file, module)
    const run = script(file, '(function (require, module, exports) {"use strict";', '\n})').runInContext(this.context)
    const require = request => this.load(this.resolve(request, file))
    run(require, module, module.exports)
    return module.exports
  }
}
