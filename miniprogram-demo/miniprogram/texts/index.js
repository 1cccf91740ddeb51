import { en } from './en'
import { zh } from './zh'

const { language } = wx.getAppBaseInfo ? wx.getAppBaseInfo() : wx.getSystemInfoSync()

export const lang = /^zh/.test(language) ? 'zh' : 'en'
export const texts = lang === 'zh' ? zh : en
