// A fake wx for the browser tests. Switches: sync (call back inside the call), slow (requests never answer), stored (what the storage
// holds), answer (the exchange's body). `said` records what the core says.
export function fakeClient({ sync, slow, stored, answer }) {
  const said = { settled: [], events: [], entries: [], finish: [], login: [], exchange: [], posted: [], stored: [], aborted: [] }
  const soon = sync ? run => run() : run => setTimeout(run)
  let logins = 0
  const wx = {
    login({ timeout, success }) {
      said.login.push({ timeout })
      soon(() => success({ code: 'code-' + ++logins, errMsg: 'login:ok' }))
    },
    checkSession({ success }) {
      soon(() => success({ errMsg: 'checkSession:ok' }))
    },
    request({ url, data, header, success }) {
      const isLogin = url.endsWith('/login')
      if (isLogin) said.exchange.push({ url, data })
      else said.posted.push(data)
      const body = !isLogin ? { code: 200 } : answer === undefined ? { code: 200, data: { authorizationToken: 'token-' + logins, expiresIn: 7200 } } : answer
      if (!slow) soon(() => success({ statusCode: 200, header: { Date: 'Fri, 15 Jan 2027 08:00:00 GMT' }, data: body }))
      return { abort: () => said.aborted.push(url) }
    },
    getStorageSync: () => stored === undefined ? '' : stored,
    setStorageSync: (key, record) => said.stored.push(record),
    removeStorageSync: () => {},
  }
  return { said, wx, options: { login: {} }, ops: new Map() }
}

/** What the core says to the app, in the core's own numbers. */
export function words(host, { said }) {
  return Object.assign(host, {
    error: (code, stage, option) => ({ code, stage, option }),
    snapshot: (status, expiresAt, generation) => ({ status, expiresAt, generation }),
    refused: error => { said.refused = error },
    bearer: token => { said.bearer = token },
    settled: error => said.settled.push(error === undefined ? null : error),
    finish: (op, error, value) => said.finish.push({ op, error, value }),
    emit: (type, generation, expiresAt, error) => said.events.push({ type, generation, expiresAt, error }),
    log: (stage, ms, error) => said.entries.push({ stage, ms, error }),
  })
}
