// Cold start: from `require` to the first request issued with a stored token, each time in a
// process of its own, as V8 remembers what it compiled.
const { execFile } = require('child_process')
const path = require('path')
const { promisify } = require('util')
const { given, moduleBytes, subject, wxWebAssembly } = require('./load.js')
const { paired, spread } = require('./statistics.js')

const ROUNDS = 61
const SUBJECTS = ['handwritten', 'ours']
/** Another build of the package, if one is given to compare with. */
const BEFORE = 'before'

/**
 * A function of so many parameters: V8 compiles a second wrapper for an import
 * whose number differs.
 */
const dummy = arity => new Function(...Array.from({ length: arity }, (_, i) => 'p' + i), 'return 0')

async function once(kind) {
  if (kind === 'bare') {
    const bytes = moduleBytes()
    const imports = {}
    for (const [from, functions] of Object.entries(given.imports)) {
      imports[from] = {}
      for (const [name, arity] of functions) imports[from][name] = dummy(arity)
    }
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
    subject(fileOf(kind), { storage: new Map(given.storage), WXWebAssembly, onRequest }).request()
  })
}

const fileOf = kind => kind === BEFORE ? 'ours' : kind

/** What the subject stores when it has logged in. */
async function stored(kind, WXWebAssembly) {
  const one = subject(fileOf(kind), { WXWebAssembly })
  await one.login()
  await one.request()
  if (!one.storage.size) throw new Error(`${kind} stores no token`)
  return [...one.storage]
}

/** [name, number of parameters] of each function, by where it is imported from. */
function aritiesOf(imports) {
  const arities = {}
  for (const from in imports) arities[from] = Object.entries(imports[from]).filter(([, fn]) => typeof fn === 'function').map(([name, fn]) => [name, fn.length])
  return arities
}

async function main() {
  const storage = {}
  const WXWebAssembly = wxWebAssembly(moduleBytes())
  for (const kind of SUBJECTS) storage[kind] = await stored(kind, WXWebAssembly)
  const imports = aritiesOf(WXWebAssembly.imports)
  const kinds = [...SUBJECTS, 'bare']
  if (given.before) {
    kinds.push(BEFORE)
    // The same record serves both, as long as its layout is the same.
    storage[BEFORE] = storage.ours
  }
  const samples = Object.fromEntries(kinds.map(kind => [kind, []]))
  for (let round = -1; round < ROUNDS; round++) {
    for (const kind of kinds) {
      const child = Object.assign({}, given, { kind, imports, storage: storage[kind] }, kind === BEFORE && { pkg: given.before })
      const { stdout } = await promisify(execFile)(process.execPath, [path.join(__dirname, 'cold.js'), JSON.stringify(child)])
      if (round >= 0) samples[kind].push(Number(stdout))
    }
  }
  const times = Object.fromEntries(kinds.map(kind => [kind, spread(samples[kind])]))
  const ratio = given.before ? paired(samples.ours, samples[BEFORE], (a, b) => a / b) : null
  process.stdout.write(JSON.stringify({ times, ratio }))
}

if (given.kind) once(given.kind).then(ms => process.stdout.write(String(ms), () => process.exit()))
else main()
