// Rule 8: the options `authorization` and `header`.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failure } from './backend.mjs'
import { dice } from './dice.mjs'
import { ASYNC, freeze, MODES, once, plain, Scenario, scenario } from './scenario.mjs'

const LOGIN = '/user/weixin-login', HOME = '/user/home'

const fields = request => Object.keys(request.header).map(name => name.toLowerCase()).sort()

for (const [authorization, name, text] of [
  [{ header: 'X-Access-Token', scheme: '' }, 'X-Access-Token', token => token],
  [{ scheme: 'Token' }, 'Authorization', token => `Token ${token}`],
  [{ header: 'token' }, 'token', token => `Bearer ${token}`],
]) {
  scenario(`rule 8: the token stands where ${JSON.stringify(authorization)} says, for requests and our own posts`, async s => {
    const accepts = request => s.backend.tokens.has(request.bearer)
    const { respond } = s.backend
    // The server of this app reads it there.
    s.backend.respond = request => {
      const sent = request.args.header && request.args.header[name]
      if (sent) request.bearer = sent.split(' ').pop()
      return respond.call(s.backend, request)
    }
    s.backend.accepts = accepts
    const wxp = await s.active({ authorization })
    const token = await s.ok(wxp.getToken())
    assert.equal((await s.ok(wxp.requestNeedLogin({ url: HOME, header: { ...name !== 'Authorization' && { Authorization: 'own of another kind' }, [name.toUpperCase()]: 'undefined' } }))).statusCode, 200)
    const { args } = s.backend.to(HOME)[0]
    assert.equal(args.header[name], text(token))
    assert.equal(Object.keys(args.header).filter(key => key.toLowerCase() === name.toLowerCase()).length, 1)
    if (name !== 'Authorization') assert.equal(args.header.Authorization, 'own of another kind')
    s.backend.forgetTokens()
    assert.equal((await s.ok(wxp.requestNeedLogin({ url: HOME }))).statusCode, 200)
    await s.ok(wxp.loginWithPhone({ code: s.backend.issueCode(false) }))
    await s.ok(wxp.logout())
    for (const path of ['/user/phone', '/user/logout']) assert.ok(s.backend.to(path)[0].args.header[name].startsWith(text('')))
  })
}

once('rule 8: the caller\'s own token, in the header that is named, is kept', async s => {
  const wxp = await s.active({ authorization: { header: 'X-Token', scheme: '' } })
  await s.ok(wxp.requestNeedLogin({ url: HOME, header: { 'x-token': 'mine' } }))
  assert.deepEqual(plain(s.backend.to(HOME)[0].args.header), { 'x-token': 'mine' })
  assert.equal(s.logins, 1, 'its 401 is delivered')
})

once('rule 22: the scheme is no part of a token, and without one nothing is', async s => {
  for (const [scheme, answered] of [['Token', 'tOKEN  t-1'], ['', 't-1']]) {
    const wxp = await s.start({ authorization: { scheme }, storage: { key: 'k' + scheme } })
    s.backend.will(LOGIN, { status: 200, data: { data: { authorizationToken: answered } } })
    assert.equal(await s.ok(wxp.getToken()), 't-1')
  }
  const wxp = await s.start({ authorization: { scheme: '' }, storage: { key: 'other' } })
  s.backend.will(LOGIN, { status: 200, data: { data: { authorizationToken: 'Bearer t-1' } } })
  await s.rejected(wxp.getToken(), 'exchange_bad_answer')
})

scenario('rule 8: header goes home with requests and posts, and nowhere else', async s => {
  const wxp = await s.active({ header: { 'X-Tenant': 't7', 'X-None': undefined }, login: { url: LOGIN, header: { 'x-tenant': 'of the login' } } })
  assert.equal(s.backend.to(LOGIN)[0].args.header['x-tenant'], 'of the login')
  assert.deepEqual(fields(s.backend.to(LOGIN)[0]).filter(name => name.startsWith('x-')), ['x-tenant'])
  await s.ok(wxp.requestNeedLogin({ url: HOME }))
  await s.ok(wxp.requestNeedLogin({ url: HOME, header: { 'X-TENANT': 'own' } }))
  await s.ok(wxp.requestNeedLogin({ url: HOME, header: { Authorization: 'own' } }))
  await s.ok(wxp.requestNeedLogin({ url: 'https://elsewhere.example.com/' }))
  await s.ok(wxp.requestNeedLogin({ url: 'https://elsewhere.example.com/', header: { Authorization: 'own' } }))
  await s.outcome(wxp.request({ url: 'https://api.example.com/user/home' }))
  await s.ok(wxp.loginWithPhone({ code: s.backend.issueCode(false) }))
  const tenant = ({ args: { header } }) => Object.entries(header || {}).filter(([name]) => name.toLowerCase() === 'x-tenant').map(([, value]) => value)
  assert.deepEqual(s.backend.requests.slice(1).map(tenant), [['t7'], ['own'], ['t7'], [], [], [], ['t7']])
})

scenario('rule 8: a function is asked for each attempt, with what wx will be given but the token', async s => {
  const asked = []
  const header = (args, api) => (asked.push({ api, ...plain(args) }), { 'X-Sign': `${asked.length}`, Authorization: 'not this', 'X-Skip': null })
  const wxp = await s.active({ header })
  s.backend.forgetTokens()
  const args = freeze({ url: HOME, method: 'POST', data: { a: 1 }, header: { 'X-Own': 'o' } })
  assert.equal((await s.ok(wxp.requestNeedLogin(args))).statusCode, 200)
  const sent = s.backend.to(HOME).map(request => request.args.header['X-Sign'])
  assert.equal(new Set(sent).size, 2, 'the replay is signed anew')
  for (const one of asked.filter(({ url }) => url.endsWith(HOME))) {
    assert.deepEqual([one.api, one.url, one.method, one.data, one.header], ['request', 'https://api.example.com' + HOME, 'POST', { a: 1 }, { 'X-Own': 'o' }])
  }
  assert.ok(s.backend.to(HOME).every(request => request.args.header.Authorization.startsWith('Bearer ') && !('X-Skip' in request.args.header)))
  const login = asked.find(({ url }) => url.endsWith(LOGIN))
  assert.deepEqual([login.api, login.method, Object.keys(login.data)], ['request', 'POST', ['code']])
  assert.equal(s.backend.to(LOGIN)[0].args.header['X-Sign'], '1')
})

once('rule 8: an upload keeps the type that wx gives it', async s => {
  const wxp = await s.active({ header: { 'content-type': 'application/json', 'X-Tenant': 't7' } })
  await s.ok(wxp.uploadFileNeedLogin({ url: HOME, filePath: 'a', name: 'f' }))
  await s.ok(wxp.requestNeedLogin({ url: HOME }))
  const [upload, request] = s.backend.to(HOME).map(({ args }) => args.header)
  assert.deepEqual([upload['content-type'], upload['X-Tenant'], request['content-type']], [undefined, 't7', 'application/json'])
})

for (const [what, header] of [
  ['throws', () => { throw new Error('no key') }],
  ['is async', async () => ({})],
  ['gives a text', () => 'X-Sign: a'],
  ['gives a line break in a text', () => ({ 'X-Sign': 'a\r\nAuthorization: b' })],
  ['gives a NUL', () => ({ 'X-Sign': 'a\0b' })],
  ['gives a line break in a name', () => ({ 'X-Sign\nX': 'a' })],
  ['gives no text', () => ({ 'X-Sign': {} })],
]) {
  scenario(`rule 8: a function that ${what} is hook_failed, and nothing is sent`, async s => {
    let broken = false
    const wxp = await s.active({ header: (...args) => broken ? header(...args) : {} })
    broken = true
    const error = await s.rejected(wxp.requestNeedLogin({ url: HOME }), 'hook_failed', 'request')
    assert.match(error.errMsg, /^header: /)
    await s.rejected(wxp.loginWithPhone({ code: s.backend.issueCode(false) }), 'hook_failed', 'phone')
    assert.equal(s.backend.requests.length, 1)
    await s.ok(wxp.logout())
    await s.rejected(wxp.ensureLogin(), 'hook_failed', 'exchange')
    assert.equal(s.exchanges, 1)
  })
}

scenario('rule 20: what the function does to the session holds for the request', async s => {
  let act = () => {}
  const wxp = await s.active({ header: () => (act(), {}) })
  const acts = new Set()
  const doing = (name, run) => { act = () => { if (!acts.has(name)) { acts.add(name); run() } } }
  doing('logout', () => wxp.logout())
  assert.equal((await s.ok(wxp.requestNeedLogin({ url: HOME }))).statusCode, 200)
  assert.equal(s.logins, 2, 'a logout came first')
  doing('dispose', () => wxp.dispose())
  await s.rejected(wxp.requestNeedLogin({ url: HOME }), 'disposed')
})

scenario('rule 12: an abort in the function sends nothing further', async s => {
  let call
  const wxp = await s.active({ header: () => (call && call.abort(), {}) })
  s.backend.forgetTokens()
  call = wxp.requestNeedLogin({ url: HOME })
  await s.rejected(call, 'aborted')
  assert.equal(s.backend.to(HOME).length, 1, 'the replay is not sent')
}, ASYNC)

once('a wrong option is a TypeError that names it', async s => {
  const create = more => s.sandbox.package.createWxp(s.options(more))
  for (const [more, said] of [
    [{ authorization: { header: 'Cookie' } }, /authorization\.header/],
    [{ authorization: { header: 'content-type' } }, /authorization\.header/],
    [{ authorization: { header: 'X Token' } }, /authorization\.header/],
    [{ authorization: { header: '' } }, /authorization\.header/],
    [{ authorization: { header: 7 } }, /authorization\.header/],
    [{ authorization: { scheme: 'Bearer token' } }, /authorization\.scheme/],
    [{ authorization: { scheme: null } }, /authorization\.scheme/],
    [{ authorization: 'X-Token' }, /authorization/],
    [{ header: 'X-Tenant: 7' }, /option header/],
    [{ header: { 'X-A': 'a\nb' } }, /option header/],
    [{ header: { 'X A': 'a' } }, /option header/],
    [{ header: { 'X-A': true } }, /option header/],
    [{ header: { authorization: 'Basic x' } }, /option header .*authorization, which carries the token/],
    [{ header: { 'x-token': 'x' }, authorization: { header: 'X-Token' } }, /x-token/],
    [{ login: { url: LOGIN, header: { 'X-A': 'a\rb' } } }, /login\.header/],
  ]) assert.throws(() => create(more), error => error.name === 'TypeError' && said.test(error.message), JSON.stringify(more))
})

once('redirect goes to wx as the app gives it', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin({ url: HOME, redirect: 'manual' }))
  await s.ok(wxp.requestNeedLogin({ url: HOME }))
  assert.deepEqual(s.backend.to(HOME).map(({ args }) => args.redirect), ['manual', undefined])
})

once('rule 11: a failure of a request with the app\'s header is what it was', async s => {
  const wxp = await s.active({ header: { 'X-Tenant': 't7' } })
  s.backend.will(HOME, failure('request:fail timeout', 5))
  await s.rejected(wxp.requestNeedLogin({ url: HOME }), 'timeout', 'request')
})

test('property: whatever the app\'s function and the call give, one token goes home, none elsewhere, and no broken field', async () => {
  const { seed, below, one } = dice()
  const NAMES = ['Authorization', 'AUTHORIZATION', 'authorization', 'X-Sign', 'x-sign', 'X Sign', 'X\nSign', 'X:Sign', '', 'é', '__proto__', 'content-type']
  const VALUES = ['v', '', 'a b', 'a\r\nX-Evil: 1', 'a\nb', 'a\0b', undefined, null, 7, {}, true, 'Bearer x', 'Bearer undefined', 'é']
  const fields = () => Object.fromEntries(Array.from({ length: below(4) }, () => [one(NAMES), one(VALUES)]))
  const s = new Scenario(MODES['async callbacks'])
  let given = {}
  const wxp = await s.active({ header: () => given })
  const same = (a, b) => a.toLowerCase() === b.toLowerCase()
  for (let i = 0; i < 500; i++) {
    given = fields()
    const header = fields(), home = below(4) > 0
    const before = s.backend.requests.length
    const { ok, error } = await s.outcome(wxp.requestNeedLogin(freeze({ url: home ? HOME : 'https://elsewhere.example.com/', header })))
    const told = JSON.stringify({ seed, given, header, home })
    if (!ok) {
      assert.equal(error.code, 'hook_failed', told)
      assert.equal(s.backend.requests.length, before, told)
      continue
    }
    const sent = s.backend.requests[before].args.header
    if (!home) {
      assert.deepEqual(plain(sent), plain(header), told)
      continue
    }
    const tokens = Object.keys(sent).filter(name => same(name, 'Authorization'))
    const owns = Object.keys(header).some(name => same(name, 'Authorization') && !/^\s*(bearer)?\s*(undefined|null)?\s*$/i.test(header[name]))
    if (owns) assert.ok(tokens.every(name => name in header), told)
    else assert.deepEqual([tokens, /^Bearer \S+$/.test(sent.Authorization)], [['Authorization'], true], told)
    for (const name of Object.keys(sent)) {
      if (name in header || name === 'Authorization') continue
      assert.ok(/^[\w-]+$/.test(name) && typeof sent[name] === 'string' && !/[\r\n\0]/.test(sent[name]), told)
      assert.ok(!Object.keys(header).some(own => same(own, name)), told)
    }
  }
})
