// A wx with a server that answers by itself: the checks need nothing but the device.

/** `own` are functions of the real wx to use. */
function localWx(own) {
  const storage = {}
  let codes = 0
  const soon = (call, result) => setTimeout(() => call(result))
  return Object.assign({
    login: ({ success }) => soon(success, { code: `code-${++codes}`, errMsg: 'login:ok' }),
    checkSession: ({ success }) => soon(success, { errMsg: 'checkSession:ok' }),
    request({ url, success }) {
      const data = url.endsWith('/login') ? { code: 200, data: { authorizationToken: `local-${codes}` } } : { code: 200 }
      soon(success, { statusCode: 200, data, header: {}, cookies: [], errMsg: 'request:ok' })
      return { abort() {} }
    },
    getStorageSync: key => storage[key] || '',
    setStorageSync(key, data) { storage[key] = data },
    removeStorageSync(key) { delete storage[key] },
  }, own)
}

/** What every `wxp` of the checks is made with. */
function options(more) {
  return Object.assign({ baseUrl: 'https://local.example.com', login: { url: '/login' }, profile: { url: '/profile' }, wx: localWx(more && more.own) }, more && more.options)
}

module.exports = { options }
