// @ts-check
// The steps that the core asks for (src/wasm/host.rs), over wx. Every answer goes back with its ticket.

/** @returns what the core calls; `deliver(method, ticket, value)` brings an answer to it */
export function createHost(client, deliver) {
  const { wx, options } = client
  /** What can be undone, by ticket. */
  const open = new Map()
  const done = (ticket, value) => deliver('done', ticket, value)
  const failed = (ticket, err) => deliver('failed', ticket, err)
  const callbacks = (ticket, pick) => ({
    success: res => pick ? pick(res) : done(ticket, res),
    fail: err => failed(ticket, err),
  })

  /** Calls a function of the app, sync or async. */
  const hook = (ticket, name, run, next) => {
    const threw = e => failed(ticket, { hook: true, errMsg: `${name}: ${e && e.message || e}` })
    let value
    try {
      value = run()
    } catch (e) {
      return threw(e)
    }
    if (value && typeof value.then === 'function') value.then(next, threw)
    else next(value)
  }

  const request = (ticket, args, pick) => {
    let over = false
    const end = then => value => {
      over = true
      open.delete(ticket)
      then(value)
    }
    const { success, fail } = callbacks(ticket, pick)
    const task = wx.request(Object.assign({ method: 'POST' }, args, { success: end(success), fail: end(fail) }))
    if (!over && task) open.set(ticket, () => task.abort())
  }

  const steps = {
    sleep(ticket, { ms }) {
      const timer = setTimeout(() => {
        open.delete(ticket)
        done(ticket)
      }, ms)
      open.set(ticket, () => clearTimeout(timer))
    },
    checkSession(ticket) {
      wx.checkSession(callbacks(ticket))
    },
    login(ticket, { timeout }) {
      wx.login(Object.assign({ timeout }, callbacks(ticket)))
    },
    exchange(ticket, { url, code, timeout }) {
      const body = options['login.body'], readToken = options['login.readToken'], header = options['login.header']
      const send = data => {
        if (!live.has(ticket)) return
        request(ticket, Object.assign({ url, data, timeout }, header && { header: Object.assign({}, header) }), res => {
          if (!readToken) return done(ticket, { res })
          hook(ticket, 'login.readToken', () => readToken(res), token => done(ticket, { res, token }))
        })
      }
      if (body) hook(ticket, 'login.body', () => body({ code }), send)
      else send({ code })
    },
    post(ticket, { url, token, data, timeout }) {
      request(ticket, { url, data, timeout, header: { Authorization: 'Bearer ' + token } })
    },
    read(ticket, { key }) {
      if (options['storage.encrypt']) wx.getStorage(Object.assign({ key, encrypt: true }, callbacks(ticket, res => done(ticket, res.data))))
      else done(ticket, wx.getStorageSync(key))
    },
    write(ticket, { key, record }) {
      if (options['storage.encrypt']) {
        if (record) wx.setStorage(Object.assign({ key, data: record, encrypt: true }, callbacks(ticket)))
        else wx.removeStorage(Object.assign({ key }, callbacks(ticket)))
      } else {
        if (record) wx.setStorageSync(key, record)
        else wx.removeStorageSync(key)
        done(ticket)
      }
    },
  }
  /** Tickets whose answer is still wanted. */
  const live = new Set()
  const cancel = ticket => {
    const undo = open.get(ticket)
    live.delete(ticket)
    open.delete(ticket)
    if (undo) undo()
  }

  return {
    now: Date.now,
    start(ticket, step) {
      live.add(ticket)
      try {
        steps[step.step](ticket, step)
      } catch (e) {
        failed(ticket, { errMsg: `${step.step}: ${e && (e.errMsg || e.message) || e}` })
      }
    },
    cancel,
    settled: raw => client.settled(raw),
    emit: event => client.emit(event),
    log: entry => client.log(entry),
    finish: (op, raw, value) => client.finish(op, raw, value),
    /** For a dead or disposed core: nothing may come back. */
    close: () => Array.from(live).forEach(cancel),
    /** @returns {boolean} whether the answer was still wanted */
    wants: ticket => live.delete(ticket),
  }
}
