// requestNeedLogin 和 wx.request 一样，任何状态码都算成功；是否可用由这里判断。
export function dataOf(res) {
  if (res.statusCode === 200 && res.data && res.data.code === 200) return res.data.data
  const said = res.data && res.data.msg
  const error = new Error(said || '服务器没有给出可用的回答')
  error.code = `HTTP ${res.statusCode}`
  error.stage = 'request'
  throw error
}

// WxpError 的 code 和 stage 是固定的几个值，可以据此告诉用户该做什么；其余的原样显示。
const ADVICE = {
  not_logged_in: '刚才还没有登录，现在已在后台登录。请再点一次。',
  session_key_stale: '微信的会话密钥已更换。请再点一次。',
  profile_denied: '你拒绝了授权，可以再点一次。',
  profile_anonymous: '微信只给出了匿名资料，请改用头像昵称填写能力。',
  network: '网络不通，请检查网络后再试。',
}

export function describe(error) {
  return {
    code: error.code || error.name,
    stage: error.stage || '',
    message: error.message,
    advice: ADVICE[error.code] || '',
  }
}
