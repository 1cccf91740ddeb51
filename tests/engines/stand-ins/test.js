// node:test as far as tests/package uses it. Every result is a line that run.mjs reads; the last
// line says how many there were.
import { print, env, macrotask } from './report.js'

const only = env.ENGINES_ONLY && JSON.parse(env.ENGINES_ONLY)
const queue = []
let told = 0

const tell = (path, error) => {
  told++
  print('result ' + JSON.stringify({ path, ok: !error, said: error ? `${error && error.message || error}`.slice(0, 2000) + `\n${error && error.stack || ''}`.slice(0, 3000) : undefined }))
}

async function run(path, body) {
  let failed, inner = 0
  const t = {
    async test(name, body) {
      inner++
      failed = await run([...path, name], body) || failed
    },
  }
  try {
    await body(t)
  } catch (e) {
    failed = e || new Error(`threw ${e}`)
    inner = 0
  }
  // A test of several modes is told by these.
  if (!inner) tell(path, failed)
  return failed
}

export function test(name, body) {
  if (!only || only.includes(name)) queue.push([name, body])
}

export const after = () => {}

macrotask(async () => {
  for (const [name, body] of queue) await run([name], body)
  print(`ended ${told}`)
})
