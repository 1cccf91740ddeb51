// Every function of wx: a promise iff its official type takes success, fail and complete.
import { createWxp } from 'miniprogram-login'
import type { Equal, Expect } from './expect.js'

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

interface Home { msg: string }
type Both<R, Task> = Promise<R> & Task

export async function tasks() {
  // As at run time: a promise that is the task too.
  const request = wxp.request<Home>({ url: 'https://example.com' })
  const upload = wxp.uploadFile({ url: 'https://example.com', filePath: 'a', name: 'file' })
  const download = wxp.downloadFile({ url: 'https://example.com/a.png' })
  const subpackage = wxp.preDownloadSubpackage({ packageType: 'workers' })
  type Types = Expect<Equal<[typeof request, typeof upload, typeof download, typeof subpackage], [
    Both<WechatMiniprogram.RequestSuccessCallbackResult<Home>, WechatMiniprogram.RequestTask>,
    Both<WechatMiniprogram.UploadFileSuccessCallbackResult, WechatMiniprogram.UploadTask>,
    Both<WechatMiniprogram.DownloadFileSuccessCallbackResult, WechatMiniprogram.DownloadTask>,
    Both<WechatMiniprogram.GeneralCallbackResult, WechatMiniprogram.PreDownloadSubpackageTask>,
  ]>>
  const types: Types = true
  request.onHeadersReceived(({ header }) => header)
  request.abort()
  upload.onProgressUpdate(({ progress }) => progress)
  download.abort()
  subpackage.onProgressUpdate(({ totalBytesWritten }) => totalBytesWritten)
  // @ts-expect-error: not a field of the answer
  console.log(types, (await request).data.msg, (await request).data.mgs)

  // wx's own, which has no end to wait for.
  const socket = wxp.connectSocket({ url: 'wss://example.com' })
  type Socket = Expect<Equal<typeof socket, WechatMiniprogram.SocketTask>>
  const same: Socket = true
  socket.onOpen(() => {})
  // @ts-expect-error: not a promise
  socket.then(() => {})
  return same
}

export async function variables() {
  // What may have callbacks gives the promise.
  const option: WechatMiniprogram.RequestOption = { url: 'https://example.com' }
  const { statusCode, data } = await wxp.request(option)
  wxp.request(option).abort()
  const file: WechatMiniprogram.DownloadFileOption = { url: 'https://example.com/a.png' }
  const { tempFilePath } = await wxp.downloadFile(file)
  const toast: WechatMiniprogram.ShowToastOption = { title: '好' }
  const place: WechatMiniprogram.GetFuzzyLocationOption = { type: 'wgs84' }
  const { latitude } = await wxp.getFuzzyLocation(place)
  type Types = Expect<Equal<[typeof statusCode, typeof data, typeof tempFilePath, typeof latitude], [number, string | WechatMiniprogram.IAnyObject | ArrayBuffer, string, number]>>
  const types: Types = true
  return [types, (await wxp.showToast(toast)).errMsg]
}

export async function storage() {
  // As wx has it.
  const { data } = await wxp.getStorage<Home>({ key: 'k' })
  const { data: any } = await wxp.getStorage({ key: 'k' })
  type Types = Expect<Equal<[typeof data, typeof any], [Home, any]>>
  const types: Types = true
  const own: Expect<Equal<typeof wxp.getStorage, WechatMiniprogram.Wx['getStorage']>> = true
  await wxp.setStorage<Home>({ key: 'k', data: { msg: 'm' } })
  wxp.getStorage<Home>({ key: 'k', success: ({ data }) => data.msg })
  // @ts-expect-error: not a field of what is stored
  return [types, own, data.mgs]
}

export function withCallbacks() {
  // As wx's own: a task, not a promise.
  const task = wxp.request({ url: 'https://example.com', success: ({ data }) => console.log(data) })
  task.abort()
  type Task = Expect<Equal<typeof task, WechatMiniprogram.RequestTask>>
  const own: Task = true
  wxp.request<Home>({ url: 'https://example.com', success: ({ data }) => data.msg, fail: ({ errMsg }) => errMsg })
  wxp.downloadFile({ url: 'https://example.com/a.png', success: ({ tempFilePath }) => tempFilePath }).abort()
  wxp.preDownloadSubpackage({ packageType: 'workers', complete() {} }).onProgressUpdate(() => {})
  const nothing: void = wxp.getFuzzyLocation({ type: 'wgs84', success: ({ latitude }) => latitude.toFixed() })
  // @ts-expect-error: no promise then
  wxp.uploadFile({ url: 'https://example.com', filePath: 'a', name: 'file', fail() {} }).then(() => {})
  wxp.login({ success: ({ code }) => code.length, fail: ({ errMsg }) => errMsg.length })
  return [own, nothing]
}

export async function further() {
  // Arguments after the options are passed on.
  const component: WechatMiniprogram.Component.TrivialInstance = {} as any
  const { tempFilePath } = await wxp.canvasToTempFilePath({ canvasId: 'c' }, component)
  await wxp.addPaymentPassGetCertificateData({} as any, 'name', '1234', 'title', [], 'RSA_V2', 'id')
  // @ts-expect-error: not an argument of it
  wxp.getFuzzyLocation({ type: 'wgs84' }, component)
  // @ts-expect-error: the options are required
  wxp.getFuzzyLocation()
  await wxp.getSystemInfoAsync()
  return tempFilePath
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
