import { dataOf, describe } from '../../utils/answer'

Page({
  data: {
    busy: false,
    phone: '',
    error: null,
  },

  onLoad() {
    this.wxp = getApp().wxp
    // 先静默登录，用户点按钮时就不用再等。
    this.wxp.ensureLogin().catch((error) => this.fail(error))
  },

  fail(error) {
    this.setData({ error: describe(error) })
  },

  // 新版按钮给的是一次性的 code，由后端向微信换取手机号。
  getPhoneNumber(event) {
    const { code, errMsg } = event.detail
    if (!code) {
      this.setData({ error: { code: 'getPhoneNumber', stage: '', message: errMsg, advice: '' } })
      return
    }
    this.setData({ busy: true, error: null })
    this.wxp
      .loginWithPhone({ code })
      .then((res) => this.setData({ phone: dataOf(res).userInfo.phone }))
      .catch((error) => this.fail(error))
      .then(() => this.setData({ busy: false }))
  },
})
