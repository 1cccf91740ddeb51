// The app's own code around a library that knows nothing of wx.login.
exports.exchange = wx => new Promise((resolve, reject) => {
  wx.login({
    fail: reject,
    success: ({ code }) => wx.request({
      url: 'https://api.example.com/user/weixin-login',
      method: 'POST',
      data: { code },
      fail: reject,
      success: res => resolve(res.data.data.authorizationToken),
    }),
  })
})
