// The servers of examples/servers, driven by the real package against the WeChat simulator.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import test from 'node:test'
import { code, launch, send } from './phone.mjs'
import { SECRET, SERVERS, start } from './program.mjs'
import { wechat } from './wechat.mjs'

const { SIMULATOR } = process.env
const LOGIN = '/user/weixin-login'
const HOME = '/user/home?name=andying'

/** What WeChat gets wrong, for how many exchanges, and what the SDK then tells the app. */
const FAILURES = [
  ['a refused code', { kind: 'errcode', errcode: 40029 }, 2, { code: 'code_rejected', statusCode: 400, errno: 40029 }],
  ['a used code', { kind: 'errcode', errcode: 40163 }, 2, { code: 'code_rejected', statusCode: 400, errno: 40029 }],
  ['a blocked user', { kind: 'errcode', errcode: 40226 }, 1, { code: 'login_blocked', retryable: false, statusCode: 403, errno: 40301 }],
  ['too many logins', { kind: 'errcode', errcode: 45011 }, 1, { code: 'rate_limited', retryable: true, statusCode: 429, errno: 42901 }],
  ['a busy WeChat', { kind: 'errcode', errcode: -1 }, 1, { code: 'exchange_failed', retryable: true, statusCode: 502, errno: 50201 }],
  ['a wrong secret', { kind: 'errcode', errcode: 40125 }, 1, { code: 'exchange_failed', statusCode: 500, errno: 50001 }],
  ['WeChat down', 'down', 0, { code: 'exchange_failed', retryable: true, statusCode: 502, errno: 50201 }],
  ['WeChat silent', { kind: 'never' }, 1, { code: 'exchange_failed', retryable: true, statusCode: 502, errno: 50201 }],
  ['a page of a proxy', { kind: 'html', status: 503 }, 1, { code: 'exchange_failed', retryable: true, statusCode: 502, errno: 50201 }],
  ['a page of a proxy with 200', { kind: 'html', status: 200 }, 1, { code: 'exchange_failed', retryable: true, statusCode: 502, errno: 50201 }],
  ['half an answer', { kind: 'truncated' }, 1, { code: 'exchange_failed', retryable: true, statusCode: 502, errno: 50201 }],
]

/** These learn of a body's length as it comes. */
const LATE = ['go', 'java', 'php']

const bearers = seen => seen.map(({ header }) => header.Authorization?.replace('Bearer ', '')).filter(Boolean)
const told = error => ({ code: error.code, stage: error.stage, retryable: error.retryable, statusCode: error.statusCode, errno: error.errno })

await fetch(`${SIMULATOR}/settings`, {
  method: 'PUT',
  headers: { 'content-type': 'application/json' },
  // All is asked for at once here, by one user.
  body: JSON.stringify({ phoneCallsPerSecond: 0, exchangesPerMinute: 0 }),
})

test('servers', { concurrency: SERVERS.length }, t => Promise.all(SERVERS.map(name => t.test(name, t => drive(t, name)))))

async function drive(t, name) {
  const weixin = await wechat(SIMULATOR)
  t.after(() => weixin.close())
  const servers = []
  const launches = []
  const begin = async settings => {
    const server = await start(name, weixin.address, settings)
    servers.push(server)
    t.after(() => server.stop())
    return server
  }
  const app = (address, options) => {
    const it = launch(`${name}'s user`, SIMULATOR, address, options)
    launches.push(it)
    t.after(() => it.wxp.dispose())
    return it
  }
  let server = await begin()

  await t.test('the first request logs in and has the user', async () => {
    const { wxp, seen } = app(server.address)
    const res = await wxp.requestNeedLogin({ url: HOME })
    assert.equal(res.statusCode, 200)
    assert.deepEqual([res.data.code, res.data.msg, res.data.data.name], [200, 'ok', 'andying'])
    assert.match(res.data.data.user.id, /^[0-9a-f]{32}$/)
    assert.deepEqual(seen.map(call => [call.path, call.status]), [[LOGIN, 200], [HOME, 200]])
    const { data } = JSON.parse(seen[0].body)
    assert.deepEqual(Object.keys(data).sort(), ['authorizationToken', 'expiresIn'])
    assert.equal(data.expiresIn, 7200)
    assert.match(data.authorizationToken, /^[\w-]{43}$/)
    assert.equal(seen[0].headers['cache-control'], 'no-store')

    const again = await app(server.address).wxp.requestNeedLogin({ url: HOME })
    assert.equal(again.data.data.user.id, res.data.data.user.id, 'the same user at the next login')
  })

  await t.test('ten requests at once cause one exchange', async () => {
    const before = weixin.seen.exchanges
    const { wxp } = app(server.address)
    const answers = await Promise.all(Array.from({ length: 10 }, () => wxp.requestNeedLogin({ url: HOME })))
    assert.deepEqual(answers.map(res => res.statusCode), Array(10).fill(200))
    assert.equal(weixin.seen.exchanges - before, 1)
  })

  for (const [what, fault, times, expected] of FAILURES) {
    await t.test(what, async () => {
      const before = weixin.seen.exchanges
      weixin.isDown = fault === 'down'
      weixin.faults.push(...Array(times).fill(fault))
      const { wxp, seen } = app(server.address)
      const error = await wxp.requestNeedLogin({ url: HOME }).then(() => assert.fail('it should reject'), error => error)
      assert.deepEqual(told(error), { ...told(error), stage: 'exchange', ...expected })
      assert.equal(weixin.seen.exchanges - before, times)
      weixin.isDown = false
      const { status, headers, body } = seen.at(-1)
      assert.equal(status, expected.statusCode)
      assert.equal(JSON.parse(body).data, null)
      assert.equal(headers['retry-after'], status === 429 ? '60' : undefined)
      // Nothing is left of it.
      assert.equal((await wxp.requestNeedLogin({ url: HOME })).statusCode, 200)
    })
  }

  await t.test('one refused code is mended by a fresh one', async () => {
    weixin.faults.push({ kind: 'errcode', errcode: 40029 })
    const { wxp, seen } = app(server.address)
    assert.equal((await wxp.requestNeedLogin({ url: HOME })).statusCode, 200)
    assert.deepEqual(seen.map(call => [call.path, call.status]), [[LOGIN, 400], [LOGIN, 200], [HOME, 200]])
  })

  await t.test('a body that is said to be long is not waited for', { skip: LATE.includes(name) && 'it reads up to its limit' }, async () => {
    assert.match(await firstLine(server.address, 'Content-Length: 1000000000'), /^HTTP\/1\.[01] 413 /)
  })

  await t.test('a life of tokens that is no number is refused', { skip: name === 'php' && 'it has no start of its own' }, async () => {
    for (const TOKEN_TTL of ['x', '-5']) await assert.rejects(start(name, weixin.address, { TOKEN_TTL }), /does not listen/)
    const other = await begin({ TOKEN_TTL: '' })
    assert.match(other.address, /^http/)
  })

  await t.test('what is no login, no token, no route', async () => {
    const post = data => send({ url: server.address + LOGIN, method: 'POST', data })
    const get = header => send({ url: server.address + HOME, header })
    const before = weixin.seen.exchanges
    const good = await code(SIMULATOR, 'somebody')
    const cases = [
      [await post({}), 400, 40001],
      [await post(null), 400, 40001],
      [await post([good]), 400, 40001],
      [await post({ code: 7 }), 400, 40001],
      [await post({ code: 'short' }), 400, 40001],
      [await post({ code: `${good}&secret=x` }), 400, 40001],
      [await post({ code: `${good}\n` }), 400, 40001],
      [await post({ code: good, more: 'x'.repeat(20_000) }), 413, 41301],
      [await text(server.address, '{"code":'), 400, 40001],
      [await text(server.address, ''), 400, 40001],
      [await text(server.address, '['.repeat(16_000)), 400, 40001],
      [await text(server.address, 'x', { 'content-encoding': 'x' }), 400, 40001],
      [await text(server.address, 'x', { 'content-encoding': 'gzip' }), 400, 40001],
      [await get({}), 401, 401],
      [await get({ Authorization: 'Bearer ' }), 401, 401],
      [await get({ Authorization: `Bearer ${'x'.repeat(43)}` }), 401, 401],
      [await get({ Authorization: `Basic ${'x'.repeat(43)}` }), 401, 401],
      [await send({ url: `${server.address}/user` }), 404, 40401],
      [await send({ url: server.address + LOGIN }), 404, 40401],
      [await send({ url: `${server.address}/user//home` }), 404, 40401],
    ]
    for (const [index, [answer, status, number]] of cases.entries()) {
      const body = JSON.parse(answer.body)
      assert.deepEqual([answer.status, body.code, body.data], [status, number, null], `case ${index}`)
      assert.match(answer.headers['content-type'], /^application\/json/)
      assert.equal(answer.headers['www-authenticate'], status === 401 ? 'Bearer error="invalid_token"' : undefined)
    }
    assert.equal(weixin.seen.exchanges, before, 'none of it reaches WeChat')
    const other = await post({ code: good, userInfo: { id: 'x' } })
    assert.equal(other.status, 200)
    const { authorizationToken } = JSON.parse(other.body).data
    const Authorization = `bearer ${authorizationToken}`
    assert.equal((await get({ Authorization })).status, 200)
    for (const [query, name] of [['', ''], ['?name=%E4%BD%A0%20%22', '你 "']]) {
      const answer = await send({ url: `${server.address}/user/home${query}`, header: { Authorization } })
      assert.equal(JSON.parse(answer.body).data.name, name)
    }
  })

  await t.test('a token that the server no longer knows: 401, one login, one replay', async () => {
    // Where sessions are kept on disk the file is gone.
    const { wxp, seen } = app(server.address)
    await wxp.ensureLogin()
    await server.stop()
    server = await begin({ PORT: new URL(server.address).port })
    const answers = await Promise.all([wxp.requestNeedLogin({ url: HOME }), wxp.requestNeedLogin({ url: HOME })])
    assert.deepEqual(answers.map(res => res.statusCode), [200, 200])
    assert.deepEqual(
      seen.map(call => [call.path, call.status]),
      [[LOGIN, 200], [HOME, 401], [HOME, 401], [LOGIN, 200], [HOME, 200], [HOME, 200]],
    )
  })

  await t.test('a token that has expired: 401, one login, one replay', async () => {
    const brief = await begin({ TOKEN_TTL: '1' })
    // The token alone: with expiresIn the SDK would renew it before it is refused.
    const readToken = res => res.data.data.authorizationToken
    const { wxp, seen } = app(brief.address, { login: { readToken } })
    await wxp.ensureLogin()
    assert.equal(JSON.parse(seen[0].body).data.expiresIn, 1)
    await new Promise(resolve => setTimeout(resolve, 1100))
    assert.equal((await wxp.requestNeedLogin({ url: HOME })).statusCode, 200)
    assert.deepEqual(seen.map(call => [call.path, call.status]), [[LOGIN, 200], [HOME, 401], [LOGIN, 200], [HOME, 200]])
  })

  await t.test('neither logs nor answers hold a secret', () => {
    const calls = launches.flatMap(({ seen }) => seen)
    const tokens = new Set(bearers(calls))
    assert.ok(tokens.size > 5 && weixin.seen.sessionKeys.length > 5, 'there was something to hide')
    const logs = servers.map(server => server.log).join('')
    assert.match(logs, /WeChat refuses: 40125/, 'the operator learns of a wrong secret')
    for (const secret of [SECRET, ...weixin.seen.sessionKeys, ...tokens]) assert.ok(!logs.includes(secret), `${secret} in ${logs}`)
    for (const { path, body } of calls) {
      for (const secret of [SECRET, 'session_key', 'openid', ...weixin.seen.sessionKeys]) assert.ok(!body.includes(secret), `${secret} in ${body}`)
      for (const token of tokens) assert.ok(path === LOGIN || !body.includes(token))
    }
  })
}

/** How the answer begins to a login whose body never comes. */
function firstLine(address, header) {
  const { port } = new URL(address)
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`POST ${LOGIN} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${header}\r\n\r\n`))
    socket.setTimeout(5000, () => socket.destroy(new Error('no answer')))
    socket.once('data', data => {
      socket.destroy()
      resolve(String(data))
    })
    socket.once('error', reject)
  })
}

async function text(address, body, headers) {
  const answer = await fetch(address + LOGIN, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body })
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() }
}
