// flyio with the recipe of its README: lock the requests while one of them logs in.
const Fly = require('flyio/dist/npm/wx')
const { exchange } = require('./exchange.js')

module.exports = wx => {
  let token
  const fly = new Fly()
  fly.config.baseURL = 'https://api.example.com'
  const login = () => {
    fly.lock()
    return exchange(wx).then(value => { token = value }).finally(() => fly.unlock())
  }
  fly.interceptors.request.use(request => {
    if (token) {
      request.headers.Authorization = 'Bearer ' + token
      return request
    }
    return login().then(() => {
      request.headers.Authorization = 'Bearer ' + token
      return request
    })
  })
  fly.interceptors.response.use(res => res, err => err.status === 401 ? login().then(() => fly.request(err.request)) : Promise.reject(err))
  return {
    request: () => fly.get('/user/home?name=andying'),
    logout: () => { token = undefined },
  }
}
