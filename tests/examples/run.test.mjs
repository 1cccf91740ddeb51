// Each example as its own tool built it, on a phone with a fake wx and server: its page logs in and
// gets its answer with the token. Built without the helper for bundlers, it does not.
import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { HOME } from '../package/backend.mjs'
import { MODES } from '../package/scenario.mjs'
import { Phone } from '../package/wx.mjs'
import { MiniProgram } from './miniprogram.mjs'

const BUILT = path.resolve(process.env.MINIPROGRAM_LOGIN_EXAMPLES || path.join(import.meta.dirname, '../../target/examples'))
const LOGIN = '/user/weixin-login'
const DEFAULT = '/miniprogram_npm/miniprogram-login/miniprogram_login.wasm.br'

/** Opens a page of what was built of an example, and lets time pass. */
async function open(built, { mode = {}, phone = new Phone(mode), page = 'pages/index/index', prepare = () => {}, ...more } = {}) {
  const miniProgram = new MiniProgram(phone, path.join(BUILT, built), mode)
  prepare(miniProgram)
  const opened = miniProgram.open(page, more)
  await phone.clock.advance(20_000)
  assert.deepEqual(miniProgram.thrown, [])
  return { phone, miniProgram, requests: phone.backend.requests, shown: JSON.stringify(opened.data) }
}

/** The server saw a login and then, with its token, the page's request; and the page shows the answer. */
function loggedIn({ phone, requests, shown }, asked = '/user/home?name=eva') {
  assert.deepEqual(requests.map(({ method, url }) => `${method} ${url}`), [`POST ${HOME}${LOGIN}`, `GET ${HOME}${asked}`])
  const [exchange, request] = requests
  assert.ok(phone.backend.exchanged.includes(exchange.data.code))
  assert.ok(phone.backend.tokens.has(request.bearer), 'with a token that the server gave')
  assert.ok(request.answered)
  // Without a name in the request the server has none to give.
  assert.ok(shown.includes(asked.includes('eva') ? '"eva"' : '{"name":null}'), shown)
}

/** In every mode that clients differ in. */
function everywhere(name, run) {
  for (const mode in MODES) test(`${name} (${mode})`, () => run(MODES[mode]))
}

for (const name of ['native-js', 'native-ts']) {
  everywhere(`${name} logs in`, async mode => loggedIn(await open(`${name}.compiled/files`, { mode })))
}

everywhere('the quick start, followed, logs in', async mode => loggedIn(await open('quick-start.compiled/files', { mode, page: 'pages/home/home' }), '/user/home'))

everywhere('subpackage: each part has its module, and they share one session', async mode => {
  const phone = new Phone(mode)
  const page = part => open('subpackage.compiled/files', { mode, phone, page: `${part}/pages/index/index`, app: part !== 'activity' })
  const activity = await page('activity')
  loggedIn(activity)
  const orders = await page('orders')
  assert.deepEqual(orders.requests.map(({ path }) => path), [LOGIN, '/user/home', '/user/home'])
  assert.ok(orders.shown.includes('"eva"'), orders.shown)
  assert.deepEqual([activity, orders].map(({ miniProgram }) => miniProgram.wasm.asked), [['/activity' + DEFAULT], ['/orders' + DEFAULT]])
})

everywhere('plugin logs in with what wx has there', async mode => {
  const phone = new Phone(mode)
  phone.lacks('checkSession', 'getUserProfile', 'getAccountInfoSync', 'onAppShow', 'onAppHide')
  const ran = await open('plugin.compiled/files/plugin', { mode, phone, page: 'pages/home/home', app: false })
  loggedIn(ran)
  const { home } = ran.miniProgram.load(path.join(ran.miniProgram.root, 'index.js'))
  let answer
  home().then(given => { answer = given })
  await phone.clock.advance(1_000)
  assert.equal(answer.data.name, 'eva')
})

for (const [name, output, page] of [
  ['taro-react', 'dist'],
  ['taro-vue', 'dist'],
  ['uni-app-vue3', 'dist/build/mp-weixin'],
  ['mpx', 'dist/wx', 'pages/index'],
]) {
  everywhere(`${name} logs in`, async mode => {
    const ran = await open(`${name}/${output}`, { mode, page })
    loggedIn(ran)
    assert.deepEqual(ran.miniProgram.wasm.asked, [DEFAULT])
  })

  test(`${name} built without the helper does not: the module is missing`, async () => {
    const { requests, shown } = await open(`${name}.without`, { page })
    assert.deepEqual(requests, [])
    assert.match(shown, /wasm_unavailable at load: .*file not found/)
  })
}

for (const [name, page] of [['uni-app-vue3'], ['mpx', 'pages/index']]) {
  const SUB = '/sub' + DEFAULT

  test(`${name} with its module in a subpackage`, async () => {
    const ran = await open(`${name}.sub`, { page })
    loggedIn(ran)
    assert.deepEqual(ran.miniProgram.wasm.asked, [SUB])
    assert.ok(!ran.miniProgram.file(DEFAULT), 'and nowhere else')
  })

  test(`${name} with the fallback, on a phone that refuses the module`, async () => {
    const ran = await open(`${name}.sub`, { page, prepare: ({ wasm }) => wasm.next.push(new Error('a'), new Error('b')) })
    loggedIn(ran)
    assert.deepEqual(ran.miniProgram.wasm.asked, [SUB, SUB])
  })
}
