const wxp = require('../../wxp')

Page({
  data: { text: '' },

  async onLoad() {
    try {
      const res = await wxp.requestNeedLogin({ url: '/user/home?name=eva' })
      this.setData({ text: res.data.data.name })
    } catch (e) {
      this.setData({ text: e.message })
    }
  },
})
