import { texts } from '../texts/index'

// requestNeedLogin 和 wx.request 一样，任何状态码都算成功；是否可用由这里判断。
export function dataOf(res) {
  // wx.uploadFile 的 data 总是文本。
  const body = typeof res.data === 'string' && res.data[0] === '{' ? JSON.parse(res.data) : res.data
  if (res.statusCode === 200 && body && body.code === 200) return body.data
  const error = new Error((body && body.msg) || texts.noAnswer)
  error.code = `HTTP ${res.statusCode}`
  error.stage = 'request'
  throw error
}

// WxpError 的 code 和 stage 是固定的几个值，可以据此用用户的语言告诉他该做什么；原文留给开发者。
export function describe(error) {
  const { code, name, stage, message } = error
  return { code: code || name, stage: stage || '', message, advice: texts.advice[code] || texts.advice.other }
}
