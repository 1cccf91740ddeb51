// The copy in sub/miniprogram_npm, whose module lies there too.
const sdk = require('miniprogram-login')
const { Load } = require('../../../checks/load.js')

Page({
  async onLoad() {
    const load = new Load(sdk, '/sub/miniprogram_npm/miniprogram-login/miniprogram_login.wasm.br')
    getApp().probed(await load.seen())
    wx.navigateBack()
  },
})
