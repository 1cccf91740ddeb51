// Times per request, 1,000 requests at once, and 100 callers on one login: all subjects in this
// one process, interleaved.
const { given, moduleBytes, subject, wxWebAssembly } = require('./load.js')
const { spread, paired } = require('./statistics.js')

const LIMIT = 'handwritten'
const AGAIN = 'handwritten again'
const OURS = 'ours'
const FILES = { [LIMIT]: LIMIT, [AGAIN]: LIMIT }
const { peers } = given

const ROUNDS = { request: 401, atOnce: 101, oneLogin: 201 }
const WARM_UP = { request: 50, atOnce: 15, oneLogin: 20 }
const IN_A_ROW = 200
const AT_ONCE = 1000
const CALLERS = 100
const PATIENCE = 20000

/**
 * A peer takes part in each measure until its rounds have taken this long, ms: some are a hundred
 * times slower than the rest.
 */
const BUDGET = 5000
const AT_LEAST = 3

/**
 * Milliseconds that `run` computes. Processor time, not the clock's: nothing is waited for, and a
 * busy machine takes turns away from the long batches above all.
 */
async function time(run) {
  const start = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

/** Rejects if the promise hangs. */
function within(promise, what) {
  let timer
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(what + ' hangs')), PATIENCE) })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

const together = (subject, count) => Promise.all(Array.from({ length: count }, () => subject.request()))

/** The limit must do what the package does, or it is none. */
async function replays(one) {
  const { exchange } = one.wx.counts
  one.wx.revoke()
  const answers = await within(together(one, 5), 'a request after a 401')
  const statuses = answers.map(({ statusCode }) => statusCode)
  if (one.wx.counts.exchange !== exchange + 1 || statuses.some(status => status !== 200)) throw new Error(`after a 401: ${statuses}`)
}

/** Brings the subject into the state in which it is measured, and sees that it does its job. */
async function prepare(name) {
  const one = subject(FILES[name] || name, { WXWebAssembly: wxWebAssembly(moduleBytes()) })
  one.name = name
  await within(one.login ? one.login() : one.request(), 'the first login')
  const { counts } = one.wx
  const before = Object.assign({}, counts)
  await within(together(one, 5), 'a request')
  if (counts.request - before.request !== 5 || counts.refused !== before.refused) throw new Error('a valid token is not sent once with each request')
  if (!peers.includes(name)) await replays(one)
  return one
}

/** A generator of its own, so that every run has the same order. */
function random(seed) {
  return () => {
    seed = Math.imul(seed ^ seed >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0
    return (seed >>> 0) / 2 ** 32
  }
}

/**
 * @returns {Promise<Record<string, number[]>>} by subject, one sample a round; peers sit out the
 *   rounds after their budget
 */
async function interleaved(subjects, measure, run, before = () => {}) {
  const samples = Object.fromEntries(subjects.map(one => [one.name, []]))
  const spent = Object.fromEntries(peers.map(name => [name, 0]))
  const next = random(1)
  // Peers come late in the warm-up, so that it does not cost them their budget.
  for (let round = -WARM_UP[measure]; round < ROUNDS[measure]; round++) {
    const part = subjects.filter(({ name }) => !(name in spent) || round >= -1 && (spent[name] < BUDGET || samples[name].length < AT_LEAST))
    const order = part.map(one => ({ one, at: next() })).sort((a, b) => a.at - b.at)
    for (const { one } of order) {
      await before(one)
      const ms = await time(() => run(one))
      if (one.name in spent) spent[one.name] += ms
      if (round >= 0) samples[one.name].push(ms)
    }
    // So that no subject's garbage is collected in another's time for long.
    if (round % 20 === 0) gc()
  }
  return samples
}

/** A subject that can't be brought to it is left out, with the reason. */
async function able(subjects, leftOut, try1) {
  const found = []
  for (const one of subjects) {
    try {
      await try1(one)
      found.push(one)
    } catch (e) {
      leftOut[one.name] = String(e && (e.message || e.errMsg) || e)
    }
  }
  return found
}

function ratios(samples) {
  const all = Object.entries(samples)
  return Object.fromEntries(all.map(([name, own]) => [name, { ms: spread(own), ratio: paired(own, samples[LIMIT], (a, b) => a / b) }]))
}

async function main() {
  const leftOut = { request: {}, atOnce: {}, oneLogin: {} }
  const subjects = []
  await able([LIMIT, AGAIN, OURS, ...peers].map(name => ({ name })), leftOut.request, async ({ name }) => { subjects.push(await prepare(name)) })

  const inARow = await interleaved(subjects, 'request', async one => {
    for (let i = 0; i < IN_A_ROW; i++) await one.request()
  })
  const perRequest = Object.fromEntries(Object.entries(inARow).map(([name, all]) => [name, all.map(ms => ms * 1000 / IN_A_ROW)]))
  const difference = name => paired(perRequest[name], perRequest[LIMIT], (a, b) => a - b)
  const request = Object.fromEntries(Object.keys(perRequest).map(name => [name, { us: spread(perRequest[name]), more: difference(name) }]))

  const atOnce = ratios(await interleaved(subjects, 'atOnce', one => together(one, AT_ONCE)))

  const logout = async one => { await one.logout() }
  const sharing = await able(subjects, leftOut.oneLogin, async one => {
    if (!one.logout) throw new Error('shares no login')
    await logout(one)
    const { counts } = one.wx
    const before = counts.exchange
    await within(together(one, 50), 'one of 50 callers')
    if (counts.exchange - before !== 1) throw new Error(`${counts.exchange - before} logins for 50 callers`)
  })
  const oneLogin = ratios(await interleaved(sharing, 'oneLogin', one => together(one, CALLERS), logout))

  process.stdout.write(JSON.stringify({ request, atOnce, oneLogin, leftOut }))
}

main()
