// How WXWebAssembly refuses what it can't load.
const { problem, shape } = require('./tell.js')

const SILENCE_MS = 5000
const WRONG = [
  ['a missing file', '/miniprogram_npm/miniprogram-login/missing.wasm.br'],
  ['another ending', '/miniprogram_npm/miniprogram-login/index.js'],
]

/** One line for each; `ok` if each is refused, by whatever way. */
async function refusals() {
  const told = await Promise.all(WRONG.map(async ([what, path]) => [what, await attempt(path)]))
  return { ok: told.every(([, how]) => /^(throws|rejects)/.test(how)), raw: told.map(([what, how]) => `${what}: ${how}`).join('; ') }
}

function attempt(path) {
  return new Promise(resolve => {
    setTimeout(() => resolve(`silent for ${SILENCE_MS} ms`), SILENCE_MS)
    try {
      WXWebAssembly.instantiate(path, {}).then(value => resolve(`resolves with ${shape(value, 2)}`), e => resolve(`rejects with ${problem(e)}`))
    } catch (e) {
      resolve(`throws ${problem(e)}`)
    }
  })
}

module.exports = { refusals }
