// Login for a WeChat mini program with Node.js 20 alone, no package needed:
//   WECHAT_APPID=… WECHAT_SECRET=… node server.mjs
// What it answers, and what to add before production: docs/en/servers.md, docs/zh/servers.md.
import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'

const { WECHAT_APPID, WECHAT_SECRET } = process.env
if (!WECHAT_APPID || !WECHAT_SECRET) throw new Error('set WECHAT_APPID and WECHAT_SECRET')
// An empty variable counts as one that is not set.
const setting = (name, otherwise) => process.env[name] || otherwise
const WECHAT_API_BASE = setting('WECHAT_API_BASE', 'https://api.weixin.qq.com')
const TOKEN_TTL = Number(setting('TOKEN_TTL', '7200'))
if (!(TOKEN_TTL > 0)) throw new Error('TOKEN_TTL is a number of seconds')
const HOST = setting('HOST', '127.0.0.1')
const BODY_BYTES = 16 * 1024
const WECHAT_TIMEOUT = 5000

/** What the client is told. Anything else that is thrown is our own trouble: 50001. */
class Failure extends Error {
  constructor(status, code, msg, headers = {}) {
    super(msg)
    Object.assign(this, { status, code, headers })
  }
}

const unavailable = () => new Failure(502, 50201, 'WeChat is not available')
const REFUSALS = {
  40029: () => new Failure(400, 40029, 'WeChat did not accept the code; get a fresh one'),
  40163: () => new Failure(400, 40029, 'WeChat did not accept the code; get a fresh one'),
  40226: () => new Failure(403, 40301, 'this user is blocked'),
  45011: () => new Failure(429, 42901, 'too many logins; try again later', { 'Retry-After': '60' }),
  '-1': unavailable,
}

/** Exchanges a code from wx.login. The session_key of the answer is not kept: only encrypted data needs it. */
async function openidOf(code) {
  const query = new URLSearchParams({ appid: WECHAT_APPID, secret: WECHAT_SECRET, js_code: code, grant_type: 'authorization_code' })
  let answer
  try {
    // A redirect would carry the secret to another host.
    const options = { redirect: 'error', signal: AbortSignal.timeout(WECHAT_TIMEOUT) }
    const response = await fetch(`${WECHAT_API_BASE}/sns/jscode2session?${query}`, options)
    if (!response.ok) throw new Error(`HTTP ${response.status}`)
    // JSON, though its type says text/plain.
    answer = await response.json()
  } catch (error) {
    // Its name alone: a message may quote the URL, and with it the secret.
    console.error('WeChat is not available:', error.name)
    throw unavailable()
  }
  const errcode = answer?.errcode ?? 0
  if (errcode !== 0) {
    // The rid is what WeChat's support asks for.
    console.error('WeChat refuses:', Number(errcode), /rid: [\w-]+/.exec(answer.errmsg)?.[0] ?? '')
    throw REFUSALS[errcode]?.() ?? new Error('WeChat refuses the configuration of this server')
  }
  if (typeof answer?.openid !== 'string' || !answer.openid) throw unavailable()
  return answer.openid
}

/** SHA-256 of a token → {openid, endsAt}: whoever reads this holds no token. A table in your database. */
const sessions = new Map()
const sha256 = text => createHash('sha256').update(text).digest('hex')

function newToken(openid) {
  // All live equally long, so the oldest come first.
  for (const [key, { endsAt }] of sessions) {
    if (endsAt > Date.now()) break
    sessions.delete(key)
  }
  const token = randomBytes(32).toString('base64url')
  sessions.set(sha256(token), { openid, endsAt: Date.now() + TOKEN_TTL * 1000 })
  return token
}

/** Whose token the request carries. */
function openidBy(request) {
  const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? []
  const session = token && sessions.get(sha256(token))
  if (!session || session.endsAt <= Date.now()) {
    throw new Failure(401, 401, 'log in', { 'WWW-Authenticate': 'Bearer error="invalid_token"' })
  }
  return session.openid
}

async function bodyOf(request) {
  if (Number(request.headers['content-length']) > BODY_BYTES) throw new Failure(413, 41301, 'the body is too long')
  const chunks = []
  let length = 0
  for await (const chunk of request) {
    length += chunk.length
    if (length <= BODY_BYTES) chunks.push(chunk)
  }
  if (length > BODY_BYTES) throw new Failure(413, 41301, 'the body is too long')
  try {
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch {
    throw new Failure(400, 40001, 'the body is not JSON')
  }
}

const ROUTES = {
  async 'POST /user/weixin-login'(request) {
    const code = (await bodyOf(request))?.code
    if (typeof code !== 'string' || !/^[\w.~+/=-]{16,128}$/.test(code)) {
      throw new Failure(400, 40001, 'code is not what wx.login gives')
    }
    return { authorizationToken: newToken(await openidOf(code)), expiresIn: TOKEN_TTL }
  },

  'GET /user/home'(request, url) {
    const openid = openidBy(request)
    // The id of your own table of users; clients need no openid.
    return { name: url.searchParams.get('name') ?? '', user: { id: sha256(openid).slice(0, 32) } }
  },
}

const server = createServer(async (request, response) => {
  let status = 200
  let headers = {}
  let answer
  try {
    const url = new URL(`http://localhost${request.url}`)
    const route = ROUTES[`${request.method} ${url.pathname}`]
    if (!route) throw new Failure(404, 40401, 'no such thing here')
    answer = { code: 200, msg: 'ok', data: await route(request, url) }
  } catch (error) {
    if (!(error instanceof Failure)) console.error(error)
    const failure = error instanceof Failure ? error : new Failure(500, 50001, 'internal error')
    status = failure.status
    headers = failure.headers
    answer = { code: failure.code, msg: failure.message, data: null }
  }
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store', ...headers })
  response.end(JSON.stringify(answer))
})
// How long a request may take to arrive, ms.
server.requestTimeout = 30_000
server.listen(Number(setting('PORT', '3000')), HOST, () => console.log(`listening on http://${HOST}:${server.address().port}`))
