// wafer2-client-sdk with a stored session. It shares no login,
// and a wx.login that fails leaves its callers hanging.
const wafer = require('wafer2-client-sdk')

module.exports = () => {
  wafer.setLoginUrl('https://api.example.com/user/weixin-login')
  const request = login => new Promise((success, fail) => {
    wafer.request({ url: 'https://api.example.com/user/home?name=andying', login, success, fail })
  })
  return {
    request: () => request(false),
    login: () => request(true),
  }
}
