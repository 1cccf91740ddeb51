// 教程的原代码（lib/login.js 和 app.js 的 Promise 版本），用来在“故障”页上对照。改了的只有：
// 文中没有定义的名字 loginWithPromise，没有创建的 globalData，写死的地址，以及 wx 由参数传入。
// miniprogram-api-promise 的几行也在这里，免得多装一个包。
export function createTutorial(wx, baseUrl) {
  const wxp = {}
  const app = { wxp, globalData: {} }

  ;['login', 'checkSession', 'request'].forEach((name) => {
    wxp[name] = (args = {}) => new Promise((resolve, reject) => {
      wx[name](Object.assign(args, { success: resolve, fail: reject }))
    })
  })

  function login() {
    return new Promise((resolve, reject) => {
      wx.getUserProfile({
        desc: '用于完善会员资料',
        success: async (res0) => {
          let { userInfo, encryptedData, iv } = res0
          try {
            app.wxp.checkSession()
          } catch (err) {
            reject(err)
          }
          let token = wx.getStorageSync('token')
          if (!token) {
            let res1 = await app.wxp.login().catch((err) => reject(err))
            let code = res1.code
            let res = await app.wxp.request({
              url: `${baseUrl}/user/weixin-login`,
              method: 'POST',
              header: { 'content-type': 'application/json' },
              data: { code, userInfo, encryptedData, iv },
            }).catch((err) => reject(err))
            token = res.data.data.authorizationToken
            wx.setStorageSync('token', token)
            app.globalData.token = token
            wx.showToast({ title: '登录成功了' })
            resolve(token)
          }
        },
      })
    })
  }

  wxp.requestNeedLogin = async function (args) {
    let token = wx.getStorageSync('token')
    if (!token) {
      token = await login()
    }
    if (!args.header) args.header = {}
    args.header['Authorization'] = `Bearer ${token}`
    return wxp.request(args).catch(console.error)
  }

  return wxp
}
