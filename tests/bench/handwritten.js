// What a careful author writes by hand for one app: the limit that the package is measured against.
// It does on each request what the package does: origin check by parsing, Bearer, expiry, one
// shared login with a deadline, replay after a 401 unless the token meanwhile changed, abort. It
// has no options, no events, no profile, no cooldown, no typed errors.

const ABSOLUTE = /^(?:[\0- ]|[a-z][a-z0-9+.-]*:)/i
const ORIGIN = /^(https?):\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?(?=[/?#]|$)/i
const MARGIN = 60000
const DEADLINE = 15000

function originOf(url) {
  const parts = ORIGIN.exec(url)
  if (!parts) return null
  const scheme = parts[1].toLowerCase()
  return `${scheme}://${parts[2].toLowerCase()}:${parts[3] || (scheme === 'https' ? 443 : 80)}`
}

function ownAuthorization(header) {
  for (const name in header) if (name.length === 13 && name.toLowerCase() === 'authorization') return true
  return false
}

class Call {
  constructor(client, args) {
    this.client = client
    this.args = args
    this.url = args.url
    this.token = null
    this.task = null
    this.done = false
    this.replayed = false
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    this.promise.abort = () => this.abort()
  }

  start() {
    const { client, args } = this
    const relative = !ABSOLUTE.test(args.url)
    if (relative) this.url = client.baseUrl + args.url
    if (ownAuthorization(args.header) || !relative && originOf(args.url) !== client.origin) this.send()
    else this.authorise()
  }

  authorise() {
    const { client } = this
    if (client.isUsable()) this.go(client.token)
    else client.login().then(token => this.go(token), reason => this.fail(reason))
  }

  go(token) {
    if (this.done) return
    this.token = token
    this.send()
  }

  send() {
    const { args, token } = this
    const sent = Object.assign({}, args)
    sent.url = this.url
    if (token) sent.header = Object.assign({}, args.header, { Authorization: token.header })
    sent.success = res => this.answered(res, token)
    sent.fail = err => this.fail(err)
    this.task = this.client.wx.request(sent)
  }

  answered(res, token) {
    if (this.done || token !== this.token) return
    if (res.statusCode !== 401 || !token || this.replayed) {
      this.done = true
      this.resolve(res)
      return
    }
    this.replayed = true
    this.task = null
    // A late 401 says nothing about the token that came after.
    if (this.client.token === token) this.client.forget()
    this.authorise()
  }

  fail(reason) {
    if (this.done) return
    this.done = true
    this.reject(reason)
  }

  abort() {
    const { task } = this
    this.fail({ errMsg: 'request:fail abort' })
    if (task) task.abort()
  }
}

class Client {
  constructor({ wx, baseUrl, loginUrl }) {
    this.wx = wx
    this.baseUrl = baseUrl
    this.origin = originOf(baseUrl)
    this.loginUrl = loginUrl
    this.key = 'session:' + this.origin
    this.flight = null
    this.epoch = 0
    this.token = this.restored()
    this.checked = !this.token
  }

  restored() {
    const stored = this.wx.getStorageSync(this.key)
    return stored && typeof stored.header === 'string' && typeof stored.expiresAt === 'number' ? stored : null
  }

  isUsable() {
    const { token } = this
    return token !== null && this.checked && Date.now() < token.expiresAt - MARGIN
  }

  request(args) {
    const call = new Call(this, args)
    call.start()
    return call.promise
  }

  login() {
    if (!this.flight) {
      const flight = this.startLogin()
      const finished = () => { if (this.flight === flight) this.flight = null }
      this.flight = flight
      flight.then(finished, finished)
    }
    return this.flight
  }

  startLogin() {
    const { epoch } = this
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        // What still comes of this flight comes too late.
        this.epoch++
        reject({ errMsg: 'login:fail timeout' })
      }, DEADLINE)
      const end = then => value => {
        clearTimeout(timer)
        if (epoch === this.epoch) then(value)
        else reject({ errMsg: 'login:fail logged out' })
      }
      this.check().then(() => this.isUsable() ? this.token : this.exchange(epoch)).then(end(resolve), end(reject))
    })
  }

  /** A restored token is of no use to the server once its session_key is gone. */
  check() {
    if (this.checked) return Promise.resolve()
    return new Promise(resolve => this.wx.checkSession({ success: resolve, fail: () => resolve(this.forget()) })).then(() => { this.checked = true })
  }

  exchange(epoch) {
    const { wx } = this
    const code = new Promise((resolve, reject) => wx.login({ success: res => resolve(res.code), fail: reject }))
    const answer = code.then(code => new Promise((resolve, reject) => {
      if (epoch !== this.epoch) throw { errMsg: 'login:fail too late' }
      wx.request({ url: this.loginUrl, method: 'POST', data: { code }, timeout: DEADLINE, success: resolve, fail: reject })
    }))
    return answer.then(({ statusCode, data }) => {
      if (statusCode !== 200 || !data || data.code !== 0) throw { errMsg: 'login:fail the server refused the code' }
      const { authorizationToken, expiresIn } = data.data
      const token = { header: 'Bearer ' + authorizationToken, expiresAt: Date.now() + expiresIn * 1000 }
      if (epoch === this.epoch) {
        this.token = token
        wx.setStorageSync(this.key, token)
      }
      return token
    })
  }

  forget() {
    this.token = null
    this.wx.removeStorageSync(this.key)
  }

  logout() {
    this.epoch++
    this.flight = null
    this.forget()
  }
}

exports.createClient = options => new Client(options)
