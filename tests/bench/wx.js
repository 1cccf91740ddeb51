// A wx without latency: every callback comes in the next microtask. With it, the backend it talks
// to. Each subject gets its own, so that what V8 learns from one subject's arguments tells it
// nothing about another's.

const HOME = 'https://api.example.com'
const LOGIN = HOME + '/user/weixin-login'

exports.createWx = storage => {
  const task = { abort() {} }
  const counts = { login: 0, exchange: 0, request: 0, refused: 0 }
  let bearer = ''
  const soon = (args, res) => queueMicrotask(() => {
    if (args.success) args.success(res)
    if (args.complete) args.complete(res)
  })
  const exchange = () => {
    counts.exchange++
    const token = `token-${counts.exchange}-of-a-length-that-tokens-have-0123456789abcdef0123456789abcdef`
    bearer = 'Bearer ' + token
    // As this SDK's backend answers, and (skey, userinfo) as wafer's does.
    return { code: 0, data: { authorizationToken: token, expiresIn: 7200, skey: bearer, userinfo: {} } }
  }
  const wx = {
    /** For the driver: what was asked, and what the server believes. */
    counts,
    onRequest: null,
    revoke() { bearer = 'revoked' },
    accept(header) { bearer = header },

    request(args) {
      const { url, header } = args
      if (wx.onRequest) wx.onRequest(args)
      if (url === LOGIN) {
        soon(args, { statusCode: 200, data: exchange(), header: {}, errMsg: 'request:ok' })
        return task
      }
      counts.request++
      const good = header !== undefined && (header.Authorization === bearer || header['X-WX-Skey'] === bearer)
      if (!good) counts.refused++
      soon(args, { statusCode: good ? 200 : 401, data: { name: 'andying' }, header: {}, errMsg: 'request:ok' })
      return task
    },
    login(args) {
      counts.login++
      soon(args, { code: 'code-' + counts.login, errMsg: 'login:ok' })
    },
    checkSession(args) { soon(args, { errMsg: 'checkSession:ok' }) },
    getStorageSync: key => storage.has(key) ? storage.get(key) : '',
    setStorageSync(key, value) { storage.set(key, value) },
    removeStorageSync(key) { storage.delete(key) },
    getAccountInfoSync: () => ({ miniProgram: { appId: 'wx0123456789abcdef', envVersion: 'release' } }),
    onAppShow() {},
    onAppHide() {},
    onNetworkStatusChange() {},
    // What wafer2-client-sdk listens to when it loads.
    onSocketOpen() {},
    onSocketMessage() {},
    onSocketError() {},
    onSocketClose() {},
  }
  return wx
}

exports.HOME = HOME
exports.LOGIN = LOGIN
