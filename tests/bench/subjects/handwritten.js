const { createClient } = require('../handwritten.js')

module.exports = wx => {
  const client = createClient({ wx, baseUrl: 'https://api.example.com', loginUrl: 'https://api.example.com/user/weixin-login' })
  return {
    request: () => client.request({ url: '/user/home?name=andying' }),
    login: () => client.login(),
    logout: () => client.logout(),
  }
}
