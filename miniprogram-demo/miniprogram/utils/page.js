import { describe } from './answer'
import { lang, texts } from '../texts/index'
import { asked } from './trace'

// 每一页都有的：忙碌状态、错误卡片、按手机语言显示的文字。
export const page = (name, own) => Object.assign({
  // 运行一个动作：按钮转圈，结束后显示错误。call 立刻执行。
  run(button, call) {
    this.setData({ busy: button, error: null })
    return call()
      .catch((error) => this.fail(error))
      .then(() => this.setData({ busy: '' }))
  },

  // 需要登录的请求；时序页会画出它。
  ask(options) {
    return asked(options.url.replace(/\?.*/, ''), () => getApp().wxp.requestNeedLogin(options))
  },

  fail(error) {
    this.setData({ error: describe(error) })
  },
}, own, {
  data: Object.assign({ t: texts[name], busy: '', error: null }, own.data),

  onShow() {
    wx.setNavigationBarTitle({ title: texts[name].title })
    // app.json 里的文字是中文。
    if (lang !== 'zh') texts.tabs.forEach((text, index) => wx.setTabBarItem({ index, text }))
    if (own.onShow) own.onShow.call(this)
  },
})
