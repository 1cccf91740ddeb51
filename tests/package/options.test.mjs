// A wrong option is a TypeError at createWxp that names it;
// what only the core can judge rejects with `config`.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HOME } from './backend.mjs'
import { once, Scenario } from './scenario.mjs'

const good = { baseUrl: HOME, login: { url: '/login' } }
const put = (path, value) => {
  const [group, name] = path.split('.')
  return name ? { ...good, [group]: { ...good[group], [name]: value } } : { ...good, [group]: value }
}

const TEXT = [1, '', {}, null, true, 'a\nb']
const MS = ['1000', -1, NaN, Infinity, 2 ** 31, null, {}]
const FUNCTION = ['f', {}, null, 1]
const WRONG = {
  baseUrl: [undefined, ...TEXT, 'api.example.com', 'ftp://x', '//x', 'https://', 'https://u:p@api.example.com'],
  login: [undefined, 'x', 1],
  'login.url': [undefined, ...TEXT],
  'login.body': FUNCTION,
  'login.readToken': FUNCTION,
  'login.header': ['h', 1, null],
  'login.timeout': MS,
  profile: ['/user/profile', 1],
  'profile.url': TEXT,
  'phone.url': TEXT,
  'logout.url': TEXT,
  allowedOrigins: ['https://a.example.com', [1], ['https://a.example.com\nhttps://b.example.com'], {}, null],
  isUnauthorized: FUNCTION,
  checkSession: ['always', true, 1, null],
  checkSessionTimeout: MS,
  'storage.key': TEXT,
  'storage.encrypt': ['yes', 1, null],
  expiryMargin: MS,
  'cooldown.first': MS,
  'cooldown.max': MS,
  requestTimeout: MS,
  loadTimeout: MS,
  wasmPath: TEXT,
  fallback: ['f', 1, null],
  fallbackAfter: MS,
  wx: ['wx', 1, null],
  WXWebAssembly: ['x', 1, null],
  log: FUNCTION,
}

for (const [path, values] of Object.entries(WRONG)) {
  test(`options: ${path} of a wrong type is a TypeError that names it`, () => {
    const { createWxp } = new Scenario().sandbox.package
    for (const value of values) {
      assert.throws(() => createWxp(put(path, value)), e => {
        assert.equal(e.name, 'TypeError', `${path} = ${String(value)}`)
        assert.ok(e.message.includes(`option ${path}`), e.message)
        return /should be \S/.test(e.message)
      }, `${path} = ${JSON.stringify(value)}`)
    }
  })
}

test('options: a scheme in capitals is a scheme', () => {
  const { createWxp } = new Scenario().sandbox.package
  createWxp(put('baseUrl', 'HTTPS://api.example.com'))
})

test('options: none at all, or not an object, is a TypeError', () => {
  const { createWxp } = new Scenario().sandbox.package
  for (const value of [undefined, null, 'https://api.example.com', 1]) assert.throws(() => createWxp(value), { name: 'TypeError' })
})

test('options: a misspelt one is a TypeError that names it', () => {
  const { createWxp } = new Scenario().sandbox.package
  assert.throws(() => createWxp({ ...good, baseURL: HOME }), /option baseURL/)
  assert.throws(() => createWxp({ ...good, login: { url: '/x', reedToken: () => 'x' } }), /option login\.reedToken/)
})

test('options: every one may be left out or undefined except baseUrl and login.url', () => {
  const { createWxp } = new Scenario().sandbox.package
  createWxp(good)
  for (const path of Object.keys(WRONG)) if (!['baseUrl', 'login', 'login.url'].includes(path)) createWxp(put(path, undefined))
})

for (const [what, more, names] of [
  ['http to a public host', { baseUrl: 'http://api.example.com' }, 'baseUrl'],
  ['a host that is not ASCII', { baseUrl: 'https://例子.example' }, 'baseUrl'],
  ['a port that is none', { baseUrl: 'https://api.example.com:99999' }, 'baseUrl'],
  ['login.url on another origin', { login: { url: 'https://login.example.net/x' } }, 'login.url'],
  ['profile.url on another origin', { profile: { url: 'https://login.example.net/x' } }, 'profile.url'],
  ['phone.url on another origin', { phone: { url: 'https://login.example.net/x' } }, 'phone.url'],
  ['logout.url on another origin', { logout: { url: 'https://login.example.net/x' } }, 'logout.url'],
  ['an allowed origin without TLS', { allowedOrigins: ['http://cdn.example.com'] }, 'allowedOrigins'],
]) {
  once(`options: ${what} rejects ready and every call with config, naming ${names}`, async s => {
    const wxp = s.create(more)
    for (const { error } of await s.outcomes([wxp.ready, wxp.ensureLogin(), wxp.requestNeedLogin(s.home())])) {
      s.isError(error, 'config')
      assert.ok(error.message.includes(`option ${names}`), error.message)
      assert.equal(error.retryable, false)
    }
    await s.rejected(wxp.requestNeedLogin(s.home()), 'config')
    assert.equal(s.backend.requests.length, 0)
  })
}

for (const baseUrl of ['http://localhost:3000', 'http://127.0.0.1:3000/', 'http://192.168.1.7:8080/api', 'http://10.0.0.2', 'http://172.16.0.1', 'http://[::1]:3000']) {
  once(`options: ${baseUrl} is good for development`, async s => {
    s.homes.push(new URL(baseUrl).origin)
    s.backend.will('/api/user/weixin-login', request => s.backend.exchange(request.data.code))
    const wxp = await s.active({ baseUrl })
    assert.equal(s.backend.requests[0].url, baseUrl.replace(/\/$/, '') + '/user/weixin-login')
    assert.equal(wxp.session.status, 'active')
  })
}

once('options: without profile.url, phone.url or logout.url nothing is asked of the user', async s => {
  const wxp = await s.active({ profile: {}, phone: undefined, logout: {} })
  await s.rejected(s.phone.tap(() => wxp.loginWithProfile({ desc: 'x' })), 'config', 'profile')
  await s.rejected(wxp.loginWithPhone({ code: s.backend.issueCode(false) }), 'config', 'phone')
  await s.ok(wxp.logout())
  assert.equal(s.phone.count('getUserProfile'), 0)
  assert.equal(s.backend.requests.length, 1)
})

once('options: requestTimeout stands in where the args have no timeout', async s => {
  const wxp = await s.active({ requestTimeout: 7_000 })
  await s.ok(wxp.requestNeedLogin(s.home()))
  await s.ok(wxp.requestNeedLogin({ ...s.home(), timeout: 123 }))
  assert.deepEqual(s.backend.to('/user/home').map(request => request.timeout), [7_000, 123])
})
