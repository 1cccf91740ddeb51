// @ts-check
// The steps that the core asks for (src/wasm/host.rs), over wx. Every answer goes back with its ticket.

/** What stands at a path in a value of any shape. */
const at = (value, path) => path.split('.').reduce((value, key) => value === undefined || value === null ? undefined : value[key], value)

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The payload of a JWT (RFC 7519); undefined of anything else. Names and numbers in it are ASCII, so its UTF-8 is not decoded. */
export function claims(token) {
  const [, payload, ...signature] = String(token).split('.')
  if (signature.length !== 1) return
  let json = '', buffer = 0, bits = 0
  for (const char of payload) {
    const value = BASE64URL.indexOf(char)
    if (value < 0) return
    buffer = buffer << 6 | value
    bits += 6
    if (bits >= 8) json += String.fromCharCode(buffer >> (bits -= 8) & 255)
  }
  try {
    return JSON.parse(json)
  } catch (e) {}
}

/** Header names come in any case. */
const dateOf = ({ header }) => {
  for (const name in header) if (name.toLowerCase() === 'date') return header[name]
}

/** @returns the steps; `answer(ticket, ok, value)` brings an answer to it */
export function createHost(client, answer) {
  const { wx, options } = client
  const { body, readToken, header } = options.login
  const encrypt = options.storage && options.storage.encrypt
  /** Tickets whose answer is still wanted, with what undoes their step. */
  const open = new Map()
  let closed = false
  const settle = (ticket, ok, value) => {
    open.delete(ticket)
    answer(ticket, ok, value)
  }
  const done = (ticket, value) => settle(ticket, true, value)
  const exchanged = (ticket, given) => done(ticket, Object.assign(given, { claims: claims(at(given, 'data.data.authorizationToken')) }))
  const failed = (ticket, err) => settle(ticket, false, err)
  const cancel = ticket => {
    const undo = open.get(ticket)
    open.delete(ticket)
    // What the app gave for wx may give tasks without abort.
    if (undo) try { undo() } catch (e) {}
  }
  /** Runs a step; one that cannot even start has failed. */
  const step = (name, run) => (ticket, ...args) => {
    if (closed) return
    open.set(ticket, undefined)
    try {
      run(ticket, ...args)
    } catch (e) {
      failed(ticket, { errMsg: `${name}:fail ${e && (e.errMsg || e.message) || e}` })
    }
  }
  const callbacks = ticket => ({ success: res => done(ticket, res), fail: err => failed(ticket, err) })

  /** Calls a function of the app, sync or async. Goes on later in any case: the function may have logged out. */
  const hook = (ticket, name, run, next) => {
    const threw = e => failed(ticket, { hook: 1, errMsg: `${name}: ${e && e.message || e}` })
    new Promise(resolve => resolve(run())).then(next).catch(threw)
  }

  const post = (ticket, args, success) => {
    if (!open.has(ticket)) return
    // wx has been seen to call back twice, and the step may be over.
    let first = true
    const fail = err => {
      if (first) failed(ticket, err)
    }
    const answered = res => {
      if (first && open.has(ticket)) {
        first = false
        // What was on the wire no longer is.
        open.set(ticket, undefined)
        success(res)
      }
    }
    try {
      const task = wx.request(Object.assign({ method: 'POST' }, args, { success: answered, fail }))
      if (task && first && open.has(ticket)) open.set(ticket, () => task.abort())
    } catch (e) {
      fail({ errMsg: 'request:fail ' + (e && e.message) })
    }
  }

  return {
    now: () => Date.now(),
    text(value, path) {
      const found = at(value, path)
      return typeof found === 'string' ? found : undefined
    },
    number(value, path) {
      const found = at(value, path)
      return typeof found === 'number' || typeof found === 'string' && found ? Number(found) : NaN
    },

    sleep: step('sleep', (ticket, ms) => {
      const timer = setTimeout(() => done(ticket), ms)
      open.set(ticket, () => clearTimeout(timer))
    }),
    checkSession: step('checkSession', ticket => wx.checkSession(callbacks(ticket))),
    login: step('login', (ticket, timeout) => wx.login(Object.assign({ timeout }, callbacks(ticket)))),
    exchange: step('request', (ticket, url, code, timeout) => {
      const send = data => {
        post(ticket, { url, data, timeout, header: Object.assign({}, header) }, res => {
          const given = { statusCode: res.statusCode, data: res.data, date: Date.parse(dateOf(res)) / 1000 }
          if (!readToken) return exchanged(ticket, given)
          hook(ticket, 'login.readToken', () => readToken(res), read => {
            const data = Object.assign({}, read, { authorizationToken: read && read.token || read })
            exchanged(ticket, Object.assign(given, { hook: 1, data: { data } }))
          })
        })
      }
      if (body) hook(ticket, 'login.body', () => body({ code }), send)
      else send({ code })
    }),
    post: step('request', (ticket, op, url, token, fields, timeout) => {
      let data
      if (fields) {
        data = {}
        for (const field of fields.split(' ')) data[field] = client.ops.get(op).value[field]
      }
      post(ticket, { url, data, timeout, header: { Authorization: 'Bearer ' + token } }, res => done(ticket, res))
    }),
    read: step('getStorage', (ticket, key) => {
      if (!encrypt) return done(ticket, wx.getStorageSync(key))
      wx.getStorage({
        key,
        encrypt,
        success: res => done(ticket, res.data),
        fail: err => /not found/.test(err && err.errMsg) ? done(ticket) : failed(ticket, err),
      })
    }),
    write: step('setStorage', (ticket, key, version, binding, token, received, life) => {
      const data = { version, binding, token, received, life }
      if (encrypt) return wx.setStorage(Object.assign({ key, data, encrypt }, callbacks(ticket)))
      wx.setStorageSync(key, data)
      done(ticket)
    }),
    remove: step('removeStorage', (ticket, key) => {
      if (encrypt) return wx.removeStorage(Object.assign({ key }, callbacks(ticket)))
      wx.removeStorageSync(key)
      done(ticket)
    }),
    cancel,

    /** For a dead or disposed core: nothing more may start or come back. */
    close() {
      closed = true
      Array.from(open.keys()).forEach(cancel)
    },
  }
}
