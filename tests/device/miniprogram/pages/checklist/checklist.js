const sdk = require('miniprogram-login')
const { checklist, report } = require('../../checks/index.js')
const { Load } = require('../../checks/load.js')
const { problem } = require('../../checks/tell.js')
// Made by cargo xtask device.
const { sizes, version } = require('../../sizes.js')

Page({
  data: { ready: false, running: false, text: '', copied: false },

  onLoad() {
    // With a session, so that the tap itself can ask for the profile. Where nothing loads, that is
    // what the report has to say.
    this.root = new Load(sdk)
    this.wxp = this.root.create({ getUserProfile: args => wx.getUserProfile(args) })
    const ready = () => this.setData({ ready: true })
    this.wxp.ensureLogin().then(ready, ready)
  },

  onUnload() { this.wxp.dispose() },

  async run() {
    // First of all: it is the tap that counts.
    const asked = this.wxp.loginWithProfile({ desc: '真机检查：点击态' }).then(
      () => ({ tapped: true, raw: 'agreed' }),
      e => ({ tapped: e.code === 'profile_denied', raw: problem(e) }),
    )
    this.setData({ running: true, copied: false })
    const consent = await asked
    const root = await this.root.seen()
    const sub = await this.probe()
    const text = report(await checklist({ root, sub, consent, sizes }), version)
    this.setData({ running: false, text })
  },

  /** What the subpackage's own copy of the package sees. */
  probe() {
    return new Promise(resolve => {
      getApp().probed = resolve
      wx.navigateTo({ url: '/sub/pages/probe/probe', fail: e => resolve({ ok: false, problem: problem(e) }) })
    })
  },

  copy() {
    wx.setClipboardData({ data: this.data.text, success: () => this.setData({ copied: true }) })
  },
})
