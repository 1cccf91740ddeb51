// axios with axios-auth-refresh. deduplicateRefresh is off, as its default rejects the calls that
// wait (it marks the instance itself).
const axios = require('axios')
const { createAuthRefresh } = require('axios-auth-refresh')
const { exchange } = require('./exchange.js')

module.exports = wx => {
  let token
  const adapter = config => new Promise((resolve, reject) => {
    wx.request({
      url: axios.getUri(config),
      method: config.method.toUpperCase(),
      data: config.data,
      header: config.headers.toJSON(),
      success({ statusCode: status, data, header: headers }) {
        const response = { status, statusText: '', data, headers, config }
        if (config.validateStatus(status)) resolve(response)
        else reject(new axios.AxiosError('status ' + status, 'ERR_BAD_REQUEST', config, null, response))
      },
      fail: err => reject(new axios.AxiosError(err.errMsg, 'ERR_NETWORK', config)),
    })
  })
  const instance = axios.create({ baseURL: 'https://api.example.com', adapter })
  instance.interceptors.request.use(config => {
    if (token) config.headers.set('Authorization', 'Bearer ' + token)
    return config
  })
  createAuthRefresh(instance, async () => { token = await exchange(wx) }, { statusCodes: [401], deduplicateRefresh: false })
  return {
    request: () => instance.get('/user/home?name=andying'),
    logout: () => { token = undefined },
  }
}
