// Executed WASM instructions per authorised request and per login, and what crosses the boundary:
// the package's own JavaScript with a module that counts (xtask/src/bench/count.rs).
const { moduleBytes, subject } = require('./load.js')

const REQUESTS = 200
const LOGINS = 20

/**
 * The clock decides about digits and expiry: it stands still,
 * so that the counts are the same on every machine.
 */
Date.now = () => 1790000000000

const calls = { in: 0, out: 0 }

const counting = (side, functions) => {
  const watched = {}
  for (const name of Object.keys(functions)) {
    const own = functions[name]
    watched[name] = typeof own === 'function' ? (...args) => { calls[side]++; return own(...args) } : own
  }
  return watched
}

async function main() {
  let executed
  const WXWebAssembly = {
    async instantiate(path, imports) {
      const watched = Object.fromEntries(Object.keys(imports).map(module => [module, counting('out', imports[module])]))
      // What is no import must stay as it is: the loader goes on with it.
      const { instance } = await WebAssembly.instantiate(moduleBytes(), watched)
      executed = instance.exports.executed
      return { instance: { exports: counting('in', instance.exports) } }
    },
  }
  const one = subject('ours', { WXWebAssembly })
  await one.ready()

  const measured = async (times, run, before = () => {}) => {
    for (let i = 0; i < 5; i++) {
      await before()
      await run()
    }
    const sum = { instructions: 0, in: 0, out: 0 }
    for (let i = 0; i < times; i++) {
      await before()
      const start = { instructions: executed.value, in: calls.in, out: calls.out }
      await run()
      sum.instructions += Number(executed.value - start.instructions)
      sum.in += calls.in - start.in
      sum.out += calls.out - start.out
    }
    const each = key => Math.round(sum[key] / times * 10) / 10
    return { instructions: Math.round(sum.instructions / times), callsIn: each('in'), callsOut: each('out') }
  }

  const login = await measured(LOGINS, () => one.login(), () => one.logout())
  const relative = await measured(REQUESTS, () => one.request())
  const absolute = await measured(REQUESTS, () => one.absolute())
  process.stdout.write(JSON.stringify({ relative, absolute, login }), () => process.exit())
}

main()
