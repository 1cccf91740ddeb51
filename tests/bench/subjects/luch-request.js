// luch-request knows no tokens: the interceptors and the shared login are the app's own code.
const { default: Request } = require('luch-request')
const { exchange } = require('./exchange.js')

module.exports = wx => {
  let token
  let flight
  const login = () => flight = flight || exchange(wx).then(value => { token = value }).finally(() => { flight = undefined })
  const http = new Request({ baseURL: 'https://api.example.com' })
  http.interceptors.request.use(async config => {
    if (!token) await login()
    config.header.Authorization = 'Bearer ' + token
    return config
  })
  http.interceptors.response.use(res => res, async res => {
    if (res.statusCode !== 401 || res.config.custom.again) throw res
    await login()
    return http.request(Object.assign({}, res.config, { custom: { again: true } }))
  })
  return {
    request: () => http.get('/user/home?name=andying'),
    logout: () => { token = undefined },
  }
}
