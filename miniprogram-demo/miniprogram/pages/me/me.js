import { dataOf } from '../../utils/answer'
import { page } from '../../utils/page'
import { asked } from '../../utils/trace'
import { baseUrl } from '../../config'
import { texts } from '../../texts/index'

const t = texts.me

Page(page('me', {
  data: { user: null, rows: [], avatar: '', nickName: '', progress: -1 },

  onLoad() {
    this.wxp = getApp().wxp
    // 先静默登录，用户点按钮时就不用再等；getUserProfile 在点击的同一轮里就要有会话。
    this.refresh()
  },

  refresh() {
    this.run('refresh', () => this.ask({ url: '/user/home' }).then((res) => this.show(dataOf(res).user)))
  },

  show(user) {
    const rows = Object.keys(t.rows).map((key) => ({ key, label: t.rows[key], value: (user && user[key]) || t.nothing }))
    // 上传的头像是后端上的路径，微信给的是完整的地址。
    const path = (user && user.avatarUrl) || ''
    const avatar = path[0] === '/' ? baseUrl + path : path
    this.setData({ user, rows, avatar, nickName: (user && user.nickName) || '' })
  },

  // 头像填写：按钮给出本地的临时文件，由我们上传。
  chooseAvatar({ detail }) {
    this.setData({ avatar: detail.avatarUrl, progress: 0 })
    this.run('avatar', () => {
      const file = { url: '/user/avatar', filePath: detail.avatarUrl, name: 'avatar' }
      const upload = asked('/user/avatar', () => this.wxp.uploadFileNeedLogin(file))
      upload.onProgressUpdate(({ progress }) => this.setData({ progress }))
      return upload.then((res) => this.show(dataOf(res).userInfo))
    })
  },

  typed({ detail }) {
    this.setData({ nickName: detail.value })
  },

  saveNickname() {
    const options = { url: '/user/profile', method: 'POST', data: { nickName: this.data.nickName } }
    this.run('save', () => this.ask(options).then((res) => this.show(dataOf(res).userInfo)))
  },

  // 按钮给的是一次性的 code，由后端向微信换取手机号。
  getPhoneNumber({ detail }) {
    const { code, errMsg } = detail
    if (!code) return this.fail({ code: 'phone_denied', message: errMsg })
    const call = () => asked('loginWithPhone', () => this.wxp.loginWithPhone({ code }))
    this.run('phone', () => call().then((res) => this.show(dataOf(res).userInfo)))
  },

  // wx.getUserProfile 只能在点击的同一轮里调用，所以 loginWithProfile 之前不能有 await。
  getUserProfile() {
    const call = () => asked('loginWithProfile', () => this.wxp.loginWithProfile({ desc: t.desc, lang: 'zh_CN' }))
    this.run('profile', () => call().then((res) => this.show(dataOf(res).userInfo)))
  },

  logout() {
    this.run('logout', () => asked('logout', () => this.wxp.logout()).then(() => {
      this.setData({ progress: -1 })
      this.show(null)
    }))
  },
}))
