// Puts in place of Node's WebAssembly one that knows the MVP alone: mvp/, which MVP leads to.
// usage: node --require mvp.cjs <bundle>
const mvp = require(process.env.MVP)

const { RuntimeError, CompileError, LinkError } = WebAssembly

/** What `run` gives, its error as one of WebAssembly's. */
function as(Kind, run) {
  try {
    return run()
  } catch (e) {
    throw new Kind(e.message)
  }
}

const pairs = list => list.flatMap((_, at) => at % 2 ? [] : [list.slice(at, at + 2)])

class Module {
  constructor(bytes) {
    this.inner = as(CompileError, () => new mvp.Module(bytes))
  }

  static exports({ inner }) {
    return pairs(inner.exports()).map(([kind, name]) => ({ kind, name }))
  }
}

class Instance {
  constructor({ inner: module }, imports) {
    const functions = pairs(module.imports()).map(([from, name]) => imports[from][name])
    const inner = as(LinkError, () => new mvp.Instance(module))
    // A copy, as the memory lies within the interpreter's own: brought there when JavaScript enters,
    // and back when it is its turn again.
    let bytes = new Uint8Array()
    const fetch = () => {
      if (bytes.length !== inner.size()) bytes = new Uint8Array(inner.size())
      inner.read(bytes)
    }
    const step = enter => {
      inner.write(bytes)
      try {
        return as(RuntimeError, enter)
      } finally {
        fetch()
      }
    }
    const call = name => (...args) => {
      let [asked, ...values] = step(() => inner.call(name, args.map(Number)))
      while (asked >= 0) {
        let result
        try {
          result = Number(functions[asked](...values))
        } catch (e) {
          inner.abandon()
          throw e
        }
        [asked, ...values] = step(() => inner.resume(result))
      }
      return values[0]
    }
    fetch()
    this.exports = Object.freeze(Object.fromEntries(Module.exports({ inner: module })
      .map(({ kind, name }) => [name, kind === 'function' ? call(name) : { get buffer() { return bytes.buffer } }])))
  }
}

globalThis.WebAssembly = { Module, Instance, RuntimeError, CompileError, LinkError }
