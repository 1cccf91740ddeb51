// Cold start: from `require` to the first request issued with a stored token, each time in a process of its own, as V8 remembers what
// it compiled.
const { execFile } = require('child_process')
const path = require('path')
const { promisify } = require('util')
const { given, moduleBytes, subject, wxWebAssembly } = require('./load.js')
const { spread } = require('./statistics.js')

const ROUNDS = 61
const SUBJECTS = ['handwritten', 'ours']

async function once(kind) {
  if (kind === 'bare') {
    const bytes = moduleBytes()
    const imports = { './miniprogram_login_bg.js': Object.fromEntries(given.imports.map(name => [name, () => 0])) }
    const start = performance.now()
    await WebAssembly.instantiate(bytes, imports)
    return performance.now() - start
  }
  const WXWebAssembly = wxWebAssembly(moduleBytes())
  const start = performance.now()
  return new Promise((resolve, reject) => {
    const onRequest = args => {
      const took = performance.now() - start
      if (args.header && args.header.Authorization) resolve(took)
      else reject(new Error(`the first request goes to ${args.url} without the stored token`))
    }
    subject(kind, { storage: new Map(given.storage), WXWebAssembly, onRequest }).request()
  })
}

/** What the subject stores when it has logged in. */
async function stored(kind) {
  const one = subject(kind, { WXWebAssembly: wxWebAssembly(moduleBytes()) })
  await one.login()
  await one.request()
  if (!one.storage.size) throw new Error(`${kind} stores no token`)
  return [...one.storage]
}

async function main() {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(moduleBytes())).map(({ name }) => name)
  const storage = {}
  for (const kind of SUBJECTS) storage[kind] = await stored(kind)
  const kinds = [...SUBJECTS, 'bare']
  const samples = Object.fromEntries(kinds.map(kind => [kind, []]))
  for (let round = -1; round < ROUNDS; round++) {
    for (const kind of kinds) {
      const child = Object.assign({}, given, { kind, imports, storage: storage[kind] })
      const { stdout } = await promisify(execFile)(process.execPath, [path.join(__dirname, 'cold.js'), JSON.stringify(child)])
      if (round >= 0) samples[kind].push(Number(stdout))
    }
  }
  const over = samples.ours.map((ms, round) => ms - (samples.bare[round] + 1.5 * samples.handwritten[round]))
  const times = Object.fromEntries(kinds.map(kind => [kind, spread(samples[kind])]))
  process.stdout.write(JSON.stringify({ times, over: spread(over) }))
}

if (given.kind) once(given.kind).then(ms => process.stdout.write(String(ms), () => process.exit()))
else main()
