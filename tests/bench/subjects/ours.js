// The built package, with the options an app gives it.
module.exports = (wx, { pkg, WXWebAssembly, storage }) => {
  const wxp = pkg().createWxp({ wx, WXWebAssembly, baseUrl: 'https://api.example.com', login: { url: '/user/weixin-login' } })
  return {
    ready: () => wxp.ready,
    request: () => wxp.requestNeedLogin({ url: '/user/home?name=andying' }),
    absolute: () => wxp.requestNeedLogin({ url: 'https://api.example.com/user/home?name=andying' }),
    login: () => wxp.ensureLogin(),
    logout: () => wxp.logout(),
  }
}
