// 微信模拟器的故障开关。真的微信没有它。
import { simulatorUrl } from '../config'
import { texts } from '../texts/index'

function faults(method, data) {
  return new Promise((resolve, reject) => {
    const needed = () => reject(new Error(texts.break.needsSimulator))
    const success = (res) => (res.statusCode === 204 ? resolve() : needed())
    wx.request({ url: `${simulatorUrl}/faults`, method, data, timeout: 2000, success, fail: needed })
  })
}

let set = false

export function setFaults(rules) {
  set = true
  return faults('PUT', rules)
}

// 一件事做完以后：撤掉它的故障。
export function clearFaults() {
  if (!set) return Promise.resolve()
  set = false
  return faults('DELETE').catch(() => {})
}
