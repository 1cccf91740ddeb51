// Every function of wx: a promise iff its official type takes success, fail and complete.
import { createWxp } from 'miniprogram-login'
import type { Equal, Expect } from './expect'

const wxp = createWxp({ baseUrl: 'https://api.example.com', login: { url: '/user/weixin-login' } })

export async function promised() {
  const { code } = await wxp.login()
  const again = await wxp.login({ timeout: 3000 })
  const answer = await wxp.request({ url: 'https://example.com', method: 'GET' })
  const { confirm } = await wxp.showModal({ title: '提示', content: '退出登录？' })
  const stored = await wxp.getStorage({ key: 'k' })
  const { tempFilePaths } = await wxp.chooseImage({ count: 1 })
  const { tempFilePath } = await wxp.downloadFile({ url: 'https://example.com/a.png' })
  const { networkType } = await wxp.getNetworkType()
  await wxp.checkSession()
  await wxp.showToast({ title: '好' })
  type Types = Expect<Equal<[typeof code, typeof again.code, typeof confirm, typeof tempFilePaths, typeof tempFilePath], [string, string, boolean, string[], string]>>
  const types: Types = true
  console.log(answer.statusCode, answer.data, stored.data, networkType.toUpperCase(), types)
  // @ts-expect-error: not a field of the result
  ;(await wxp.login()).token
  // @ts-expect-error: title is required
  wxp.showToast({})
  // @ts-expect-error: url is required
  wxp.request({})
}

export function withCallbacks() {
  // As wx's own: a task, not a promise.
  const task = wxp.request({ url: 'https://example.com', success: ({ data }) => console.log(data) })
  task.abort()
  wxp.login({ success: ({ code }) => code.length, fail: ({ errMsg }) => errMsg.length })
}

export function unchanged() {
  const value: any = wxp.getStorageSync('k')
  const can: boolean = wxp.canIUse('login')
  const brand: string = wxp.getDeviceInfo().brand
  const encoded: string = wxp.arrayBufferToBase64(new ArrayBuffer(1))
  wxp.onAppShow(({ path }) => path)
  wxp.nextTick(() => {})
  wxp.getUpdateManager().onUpdateReady(() => {})
  wxp.createSelectorQuery().select('#a').boundingClientRect().exec()
  // @ts-expect-error: what is synchronous stays so
  wxp.getDeviceInfo().then(() => {})
  // @ts-expect-error: not a function of wx
  wxp.noSuchFunction()
  return [value, can, brand, encoded, wxp.env.USER_DATA_PATH]
}
