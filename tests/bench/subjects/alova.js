// alova with its token authentication; no cache and no sharing of requests,
// as the others have none.
const { createAlova } = require('alova')
const { createServerTokenAuthentication } = require('alova/client')
const { exchange } = require('./exchange.js')

module.exports = wx => {
  let token
  const { onAuthRequired, onResponseRefreshToken } = createServerTokenAuthentication({
    assignToken: method => { method.config.headers.Authorization = 'Bearer ' + token },
    refreshTokenOnSuccess: {
      isExpired: res => res.statusCode === 401,
      handler: async () => { token = await exchange(wx) },
    },
  })
  const alova = createAlova({
    baseURL: 'https://api.example.com',
    cacheFor: null,
    shareRequest: false,
    beforeRequest: onAuthRequired(),
    responded: onResponseRefreshToken(res => res),
    requestAdapter({ url, type, data, headers }) {
      let task
      const answer = new Promise((success, fail) => { task = wx.request({ url, method: type, data, header: headers, success, fail }) })
      return { response: () => answer, headers: () => answer.then(res => res.header), abort: () => task.abort() }
    },
  })
  return {
    request: () => alova.Get('/user/home?name=andying').send(),
    logout: () => { token = undefined },
  }
}
