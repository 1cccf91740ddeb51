// What the package and its fallback cost on the engines of phones beside code written by hand.
// usage: node bench.mjs <scratch directory> <package directory> <fallback directory>
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import zlib from 'node:zlib'
import statistics from '../bench/statistics.js'
import { ENGINES } from './engines.mjs'

const here = import.meta.dirname
const esbuild = createRequire(path.join(here, '../../xtask/package.json'))('esbuild')
const [scratch, pkg, fallback] = process.argv.slice(2)
const KINDS = ['handwritten', 'handwritten again', 'ours', 'fallback']
const COLD_ROUNDS = 21

fs.mkdirSync(scratch, { recursive: true })
const dist = file => path.join(pkg, 'miniprogram_dist', file)
const given = {
  pkg: dist('index.js'),
  fallback: path.join(fallback, 'miniprogram_dist/index.js'),
  handwritten: path.join(here, '../bench/handwritten.js'),
  module: path.join(scratch, 'module.wasm'),
}
fs.writeFileSync(given.module, zlib.brotliDecompressSync(fs.readFileSync(dist('miniprogram_login.wasm.br'))))

const bundle = made => {
  const outfile = path.join(scratch, `cost-${made}.js`)
  const clock = path.join(here, `stand-ins/clock${made === 'node' ? '-node' : ''}.js`)
  esbuild.buildSync({
    entryPoints: [path.join(here, 'cost.js')], outfile, bundle: true, supported: { 'node-colon-prefix-require': false }, target: 'es2020', logLevel: 'warning',
    ...made === 'node' ? { format: 'cjs', platform: 'node' } : { format: 'iife', platform: 'neutral' },
    alias: { clock },
  })
  return outfile
}

function run(engine, bundles, more) {
  const { made, start } = ENGINES[engine]
  const env = { ...given, ...more }
  const [program, args] = start(bundles[made], env)
  const printed = execFileSync(program, made === 'node' ? [...args, JSON.stringify(env)] : args, { encoding: 'utf8', maxBuffer: 1 << 26 })
  const line = printed.split('\n').find(line => line.startsWith('result '))
  if (!line) throw new Error(`${engine}: ${printed}`)
  return JSON.parse(line.slice(7))
}

const bundles = { shell: bundle('shell'), node: bundle('node') }
const tell = (what, samples, unit) => {
  const cells = KINDS.map(kind => {
    const { median } = statistics.spread(samples[kind])
    const ratio = statistics.paired(samples[kind], samples.handwritten, (a, b) => a / b).median
    return `${kind} ${median.toFixed(unit === 'ms' ? 2 : 1)} ${unit} (${ratio.toFixed(2)}×)`
  })
  console.log(`  ${what.padEnd(9)} ${cells.join('   ')}`)
}
for (const engine of ['JavaScriptCore without a JIT', 'V8 8.6']) {
  console.log(engine)
  for (const [measure, samples] of Object.entries(run(engine, bundles, { measure: 'warm', kinds: KINDS }))) tell(measure, samples, 'µs')
  const storage = Object.fromEntries(KINDS.map(kind => [kind, run(engine, bundles, { measure: 'stored', kind })]))
  const samples = Object.fromEntries(KINDS.map(kind => [kind, []]))
  for (let round = 0; round < COLD_ROUNDS; round++) {
    for (const kind of KINDS) samples[kind].push(run(engine, bundles, { measure: 'cold', kind, storage: storage[kind] }))
  }
  tell('start', samples, 'ms')
}
