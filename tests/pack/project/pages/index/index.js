const { WxpError } = require('miniprogram-login')

Page({
  data: { text: '' },
  onTap() {
    getApp().wxp.requestNeedLogin({ url: '/user/home' }).then(
      (res) => this.setData({ text: res.data.msg }),
      (error) => this.setData({ text: error instanceof WxpError ? error.code : 'unknown' }),
    )
  },
})
