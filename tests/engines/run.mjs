// Runs tests/package on other engines than Node.js's own, and compares each result with Node's.
// usage: node run.mjs <what, of RUNS> <scratch directory> <Node's results, as reporter.mjs writes them>
//   <the fallback's directory> <name=package directory>…
import { execFile } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import zlib from 'node:zlib'
import { BROKEN, broken } from '../package/broken.mjs'
import { DIFFERENCES } from './differences.mjs'
import { ENGINES, RUNS } from './engines.mjs'
import { inPage } from './pages.mjs'

const here = import.meta.dirname
const root = path.join(here, '../..')
const tests = path.join(root, 'tests/package')
const esbuild = createRequire(path.join(here, '../../xtask/package.json'))('esbuild')

/** The negative control starts other runs; what it is for is done here by `control`. */
const CONTROL = 'control.test.mjs'
/** Those that take longest go first, so that no core waits for them at the end. */
const LONG = ['trap.test.mjs', 'random.test.mjs', 'life.test.mjs', 'login.test.mjs']
const FILES = fs.readdirSync(tests).filter(file => file.endsWith('.test.mjs') && file !== CONTROL).sort((a, b) => LONG.includes(b) - LONG.includes(a))
/** A hang, ms: QuickJS takes minutes for some. */
const LIMIT = 900_000

// ---- bundles ------------------------------------------------------------------------------------

const standIn = name => path.join(here, 'stand-ins', name)
const OF_NODE = { assert: 'assert.js', 'assert/strict': 'assert.js', crypto: 'crypto.js', fs: 'fs.js', path: 'path.js', util: 'util.js', vm: 'vm.js', zlib: 'zlib.js', test: 'test.js' }

/** One file of each test file. */
async function bundle(made, outdir) {
  const bare = made === 'shell'
  await esbuild.build({
    entryPoints: FILES.map(file => path.join(tests, file)),
    outdir, bundle: true, format: bare ? 'iife' : 'cjs', target: 'es2020', logLevel: 'warning',
    platform: bare ? 'neutral' : 'node',
    mainFields: ['main'],
    define: { 'import.meta.dirname': JSON.stringify(tests) },
    inject: bare ? [standIn('globals.js')] : [],
    plugins: [{
      name: 'node',
      setup(build) {
        build.onResolve({ filter: /^node:/ }, ({ path: name }) => {
          const own = name.slice(5)
          return bare || own === 'test' ? { path: standIn(OF_NODE[own]) } : { path: own, external: true }
        })
        if (!bare) build.onResolve({ filter: /^\.\/report\.js$/ }, () => ({ path: standIn('report-node.js') }))
      },
    }],
  })
}

/** A package as `bare` engines can read it, which can't unpack the module; with an entry over it. */
function prepare(pkg, dir, entry) {
  const dist = path.join(dir, 'miniprogram_dist')
  fs.rmSync(dir, { recursive: true, force: true })
  fs.cpSync(path.join(pkg, 'miniprogram_dist'), dist, { recursive: true })
  if (entry !== undefined) {
    fs.renameSync(path.join(dist, 'index.js'), path.join(dist, 'real.js'))
    fs.writeFileSync(path.join(dist, 'index.js'), entry)
  }
  return dir
}

function unpack(dir) {
  const file = path.join(dir, 'miniprogram_dist/miniprogram_login.wasm.br')
  fs.writeFileSync(file, zlib.brotliDecompressSync(fs.readFileSync(file)))
  return dir
}

// ---- runs ---------------------------------------------------------------------------------------

const lanes = os.availableParallelism()
const waiting = []
let busy = 0

/** At most one process per core. */
async function inLane(run) {
  if (busy >= lanes) await new Promise(resolve => waiting.push(resolve))
  busy++
  try {
    return await run()
  } finally {
    busy--
    const next = waiting.shift()
    if (next) next()
  }
}

const start = (program, args, env) => inLane(() => new Promise(resolve => {
  execFile(program, args, { env: { ...process.env, ...env }, maxBuffer: 1 << 28, timeout: LIMIT }, (error, stdout, stderr) => resolve({ error, stdout, stderr }))
}))

/** The results of one file on one engine. */
async function onEngine(engine, bundles, file, env) {
  const { made, page, start: how } = ENGINES[engine]
  const bundled = path.join(bundles[made], file.replace(/\.mjs$/, '.js'))
  const { error, stdout, stderr } = await (page ? inPage(engine, [root, scratch], LIMIT, bundled, env) : start(...how(bundled, env)))
  const lines = stdout.split('\n')
  const results = lines.filter(line => line.startsWith('result ')).map(line => JSON.parse(line.slice(7)))
  const ended = lines.find(line => line.startsWith('ended '))
  if (!ended || Number(ended.slice(6)) !== results.length) throw new Error(`${file} on ${engine} did not come to its end: ${error || ''}\n${stdout.slice(-2000)}${stderr.slice(-2000)}`)
  return results
}

/** What Node's own runner says of the same files: by its last run, if that was of these files. */
async function onNode(pkg, told) {
  const files = fs.readdirSync(tests).map(file => path.join(tests, file))
  const newest = Math.max(...[...files, path.join(pkg, 'miniprogram_dist/index.js')].map(file => fs.statSync(file).mtimeMs))
  let error, stderr = ''
  if (!fs.existsSync(told) || fs.statSync(told).mtimeMs < newest) {
    const args = ['--test', `--test-reporter=${path.join(here, 'reporter.mjs')}`, `--test-reporter-destination=${told}`, ...FILES.map(file => path.join(tests, file))]
    ;({ error, stderr } = await start(process.execPath, args, { MINIPROGRAM_LOGIN_PKG: pkg }))
  }
  const results = fs.readFileSync(told, 'utf8').split('\n').filter(Boolean).map(line => JSON.parse(line)).filter(({ file }) => file !== CONTROL)
  const bad = results.filter(({ ok }) => !ok)
  if (error || bad.length) throw new Error(`Node.js itself does not pass: ${bad.map(name).join('\n')}\n${error || ''}${stderr}`)
  return results.map(name)
}

const name = ({ path }) => path.join(' › ')

function compare(on, wanted, got) {
  const problems = []
  const names = new Set(got.map(name))
  for (const one of wanted) if (!names.has(one)) problems.push(`did not run: ${one}`)
  if (got.length !== wanted.length) problems.push(`${got.length} results, of Node.js ${wanted.length}`)
  const listed = new Set(DIFFERENCES.filter(one => one.on.some(where => on.includes(where))).flatMap(({ tests }) => tests))
  const known = result => listed.has(result.path[0]) || listed.has(name(result))
  for (const result of got) {
    if (result.ok && known(result)) problems.push(`passes, but differences.mjs says that it can't: ${name(result)}`)
    if (!result.ok && !known(result)) problems.push(`fails: ${name(result)}: ${result.said}`)
  }
  for (const one of listed) if (!got.some(result => result.path[0] === one || name(result) === one)) problems.push(`named in differences.mjs, but there is no such test: ${one}`)
  return { problems, passed: got.filter(({ ok }) => ok).length, listed: got.filter(({ ok }) => !ok).length }
}

/** The packages of broken.mjs, each by the test that must notice. */
async function control(engine, bundles, env, dir) {
  const tried = { unchanged: { code: '', caughtBy: BROKEN['logs in once per caller'].caughtBy }, ...BROKEN }
  const problems = []
  await Promise.all(Object.entries(tried).map(async ([what, { code, caughtBy: [file, test] }], at) => {
    const stand = prepare(env.MINIPROGRAM_LOGIN_PKG, path.join(dir, String(at)), broken(code))
    const results = await onEngine(engine, bundles, file, { ...env, MINIPROGRAM_LOGIN_PKG: stand, ENGINES_ONLY: JSON.stringify([test]) })
    const passes = results.length > 0 && results.every(({ ok }) => ok)
    if (passes !== (what === 'unchanged') || !results.length) problems.push(`the package that ${what} is ${passes ? 'not caught' : 'caught'} by ${test}`)
  }))
  return problems
}

// ---- all ----------------------------------------------------------------------------------------

const [what, scratch, told, fallback, ...given] = process.argv.slice(2)
const packages = given.map(arg => arg.split('=')).map(([name, dir]) => ({ name, dir: path.resolve(dir) }))
const runs = [
  ...packages.flatMap(({ name, dir }, at) => RUNS[what].module.map(engine => ({ engine, name, dir, on: [engine], first: !at }))),
  ...RUNS[what].fallback.map(engine => ({ engine, name: 'on the fallback', dir: packages[0].dir, on: [engine, 'fallback'], first: true })),
]
const bundles = {}
for (const made of new Set(runs.map(({ engine }) => ENGINES[engine].made))) {
  bundles[made] = path.join(scratch, 'bundles', made)
  await bundle(made, bundles[made])
}
const wanted = await onNode(packages[0].dir, told)
console.log(`Node.js ${process.versions.node}: ${wanted.length} results`)

let bad = 0
for (const { engine, name, dir, on, first } of runs) {
  const begun = Date.now()
  const { made } = ENGINES[engine]
  const home = path.join(scratch, made, name)
  prepare(dir, home)
  if (made === 'shell') unpack(home)
  const env = { MINIPROGRAM_LOGIN_PKG: home, MINIPROGRAM_LOGIN_FALLBACK: fallback }
  if (on.includes('fallback')) env.MINIPROGRAM_LOGIN_ON_FALLBACK = '1'
  try {
    const got = (await Promise.all(FILES.map(file => onEngine(engine, bundles, file, env)))).flat()
    const { problems, passed, listed } = compare(on, wanted, got)
    if (first) problems.push(...await control(engine, bundles, env, path.join(scratch, made, 'broken')))
    console.log(`${engine}, the package ${name}: ${passed} passed, ${listed} listed in differences.mjs, ${problems.length} problems, ${((Date.now() - begun) / 1000).toFixed(1)} s`)
    for (const problem of problems) console.log('  ' + problem)
    bad += problems.length
  } catch (e) {
    console.log(`${engine}, the package ${name}: ${e.message}`)
    bad++
  }
}
process.exit(bad ? 1 : 0)
