// WeChat's server and the app's, as far as a phone notices them: one-time codes, session_keys,
// tokens, and a record of every request that arrived.
import { createHash } from 'node:crypto'

export const HOME = 'https://api.example.com'

/** What a test lets a server answer. */
export const answer = (status, data, header) => ({ status, data, header })
export const refuse = (code, msg = 'refused', status = 200) => answer(status, { code, msg, data: null })
export const failure = (errMsg, errno) => ({ fail: { errMsg, errno } })
export const NEVER = { never: true }
export const late = (after, answer) => ({ ...answer, after })

const base64url = value => Buffer.from(value).toString('base64url')

export class Backend {
  constructor(clock) {
    this.clock = clock
    this.requests = []
    this.scripts = new Map()
    /** Every secret there has been: none may stand in a text of the SDK. */
    this.secrets = new Set()
    this.drawn = 0
    /**
     * The session_key that WeChat holds for the user, and that the server got with the last code.
     */
    this.wechatKey = this.secret('key')
    this.serverKey = null
    this.codes = new Map()
    this.exchanged = []
    this.tokens = new Map()
    /** How long tokens live, s. */
    this.life = 7200
    /** How far the server's clock is ahead of the phone's, ms. */
    this.ahead = 0
    /** Tells what an exchange answers besides the token. */
    this.describe = life => ({ expiresIn: life })
    /** Makes the token; without dates in it, `describe` alone tells its life. */
    this.mint = (iat, exp) => this.jwt({ sub: 'u1', iat, exp })
  }

  /** A text nobody may see, different every time and the same in every run. */
  secret(kind) {
    const text = createHash('sha256').update(`${kind} ${++this.drawn}`).digest('base64url')
    this.secrets.add(text)
    return text
  }

  /**
   * Lets the next requests to `path` be answered so; a function gets the request and what
   * the server would say.
   */
  will(path, ...answers) {
    this.scripts.set(path, [...(this.scripts.get(path) || []), ...answers])
  }

  /** Lets all further requests to `path` be answered so. */
  always(path, answer) {
    this.scripts.set(path, { answer })
  }

  /** Back to what the server says by itself. */
  heal(path) {
    this.scripts.delete(path)
  }

  /** The requests to a path, or all. */
  to(path) {
    return this.requests.filter(request => !path || request.path === path)
  }

  /** A new one-time code of WeChat's, which changes the session_key if `rotate`. */
  issueCode(rotate = true) {
    if (rotate) this.wechatKey = this.secret('key')
    const code = this.secret('code')
    this.codes.set(code, this.wechatKey)
    return code
  }

  jwt(claims) {
    return `${base64url('{"alg":"HS256","typ":"JWT"}')}.${base64url(JSON.stringify(claims))}.${this.secret('signature')}`
  }

  issueToken() {
    const iat = Math.floor((this.clock.now() + this.ahead) / 1000)
    const exp = iat + this.life
    const token = this.mint(iat, exp)
    this.secrets.add(token)
    this.tokens.set(token, exp)
    return { token, exp }
  }

  /** From now on every token issued so far is refused. */
  forgetTokens() {
    this.tokens.clear()
  }

  accepts(request) {
    const exp = this.tokens.get(request.bearer)
    return exp !== undefined && this.clock.now() + this.ahead < exp * 1000
  }

  /** @param request as Phone records it @returns what the phone's network stack delivers */
  respond(request) {
    this.requests.push(request)
    const script = this.scripts.get(request.path)
    const planned = Array.isArray(script) ? script.shift() : script && script.answer
    const own = () => this.serve(request)
    return (typeof planned === 'function' ? planned(request, own) : planned) || own()
  }

  serve(request) {
    const { path, data } = request
    if (path === '/user/weixin-login') return this.exchange(data && data.code)
    if (request.origin !== HOME) return answer(200, { code: 200, msg: 'ok', data: { from: request.origin } })
    if (!this.accepts(request)) {
      return answer(401, { code: 401, msg: 'token expired', data: null }, { 'WWW-Authenticate': 'Bearer error="invalid_token"' })
    }
    if (path === '/user/profile') return this.profile(data)
    if (path === '/user/phone') return this.phone(data && data.code)
    if (path === '/user/logout') this.tokens.delete(request.bearer)
    return answer(200, { code: 200, msg: 'ok', data: { name: request.query.get('name') } })
  }

  exchange(code) {
    if (this.exchanged.includes(code)) return refuse(40163, `code been used, rid: ${code}`)
    this.exchanged.push(code)
    if (!this.codes.has(code)) return refuse(40029, 'invalid code')
    this.serverKey = this.codes.get(code)
    const { token, exp } = this.issueToken()
    const data = { authorizationToken: token, tokenType: 'Bearer', ...this.describe(this.life, exp) }
    return answer(200, { code: 200, msg: 'ok', data })
  }

  /**
   * Encryption as WeChat does it, without the cipher: what was made with one session_key
   * only that one opens.
   */
  encrypt(profile) {
    const encryptedData = base64url(JSON.stringify({ key: this.wechatKey, profile }))
    this.secrets.add(encryptedData)
    return { encryptedData, iv: this.secret('iv') }
  }

  profile(data) {
    const { key, profile } = JSON.parse(Buffer.from(data.encryptedData, 'base64url'))
    if (key !== this.serverKey) return refuse(40901, 'session key stale', 409)
    return answer(200, { code: 200, msg: 'ok', data: { nickName: profile.nickName } })
  }

  phone(code) {
    if (!this.codes.delete(code)) return refuse(40029, 'invalid phone code')
    return answer(200, { code: 200, msg: 'ok', data: { bound: true } })
  }
}
