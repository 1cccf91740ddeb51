// What stays behind: JavaScript heap, live closures and live WASM allocations over blocks of
// requests and logins.
const v8 = require('v8')
const { given, moduleBytes, subject, wxWebAssembly } = require('./load.js')
const { freeBytes } = require('./free-list.js')
const { slope } = require('./statistics.js')

const BLOCKS = 5
const REQUESTS = 100000
const LOGINS = 200
const AT_ONCE = 100

async function block(one) {
  for (let sent = 0; sent < REQUESTS; sent += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, () => one.request()))
  for (let i = 0; i < LOGINS; i++) {
    await one.logout()
    await one.login()
  }
}

async function main() {
  const WXWebAssembly = wxWebAssembly(moduleBytes())
  const one = subject(given.kind, { WXWebAssembly })
  await one.login()

  const sample = async () => {
    // Timers that were cleared go with the next turn of the event loop.
    for (let i = 0; i < 3; i++) {
      await new Promise(resolve => setTimeout(resolve, 10))
      gc()
    }
    const closures = v8.queryObjects(Function, { format: 'count' })
    const { heapUsed } = process.memoryUsage()
    const memory = WXWebAssembly.instances.length ? WXWebAssembly.instances[0].exports.memory : null
    return { heapUsed, closures, wasm: memory && { size: memory.buffer.byteLength, live: memory.buffer.byteLength - freeBytes(memory.buffer) } }
  }

  // What is made once, and code, settle first.
  await block(one)
  await sample()
  const samples = [await sample()]
  for (let i = 0; i < BLOCKS; i++) {
    await block(one)
    samples.push(await sample())
  }
  const perRequest = slope(samples.map(({ heapUsed }, i) => ({ x: i * REQUESTS, y: heapUsed })))
  process.stdout.write(JSON.stringify({ samples, slope: perRequest }), () => process.exit())
}

main()
