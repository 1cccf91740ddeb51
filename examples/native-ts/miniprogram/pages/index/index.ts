import { isWxpError } from 'miniprogram-login'

const { wxp } = getApp<IAppOption>()

/** What the server answers. */
interface Home {
  data: { name: string }
}

Page({
  data: { text: '' },

  async onLoad() {
    try {
      const res = await wxp.requestNeedLogin<Home>({ url: '/user/home?name=eva' })
      this.setData({ text: res.data.data.name })
    } catch (e) {
      this.setData({ text: isWxpError(e) ? e.message : String(e) })
    }
  },
})
