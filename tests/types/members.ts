// The members of wxp that are the SDK's own.
import { WxpError, createWxp, isWxpError, type Session, type WxpCode, type WxpOwn, type WxpStage } from 'miniprogram-login'
import type { Equal, Expect } from './expect.js'

const wxp = createWxp({ baseUrl: 'https://api.example.com', login: { url: '/user/weixin-login' } })

type Members =
  | 'requestNeedLogin' | 'uploadFileNeedLogin' | 'downloadFileNeedLogin' | 'ensureLogin' | 'loginWith' | 'setToken' | 'loginWithProfile'
  | 'loginWithPhone' | 'logout' | 'getToken' | 'session' | 'ready' | 'on' | 'off' | 'dispose'
export type Names = Expect<Equal<keyof WxpOwn, Members>>

interface Home { msg: string }

export async function requests() {
  const res = await wxp.requestNeedLogin<Home>({ url: '/user/home?name=andying' })
  const message: string = res.data.msg
  const status: number = res.statusCode
  // @ts-expect-error: not a field of the answer
  res.data.mgs
  // @ts-expect-error: not a field of the result
  res.status

  // The promise is the task as well.
  const task = wxp.requestNeedLogin({ url: '/user/home', method: 'POST', data: { a: 1 }, enableChunked: true })
  task.onHeadersReceived(({ header }) => header)
  task.offHeadersReceived()
  task.onChunkReceived(({ data }) => data.byteLength)
  task.offChunkReceived()
  task.abort()
  // @ts-expect-error: that is a download's
  task.onProgressUpdate(() => {})
  // @ts-expect-error: what `then` gives is a plain promise
  task.then(r => r.data).abort()

  // With a callback, the task alone.
  const alone = wxp.requestNeedLogin<Home>({ url: '/user/home', success: r => console.log(r.data.msg, r.statusCode), complete() {} })
  alone.abort()
  // @ts-expect-error: no promise then
  alone.then(() => {})

  // A variable of wx's own type may have callbacks, and gives the promise.
  const option: WechatMiniprogram.RequestOption = { url: '/user/home' }
  const { statusCode } = await wxp.requestNeedLogin(option)
  wxp.requestNeedLogin(option).abort()
  const typed: WechatMiniprogram.RequestOption<Home> = { url: '/user/home' }
  const { data: home } = await wxp.requestNeedLogin(typed)
  type Typed = Expect<Equal<typeof home, Home>>
  const same: Typed = true
  console.log(statusCode, same, (await wxp.requestNeedLogin({ url: '/user/home', success: undefined })).data)
  for (const callback of [{ success() {} }, { fail() {} }, { complete() {} }]) wxp.requestNeedLogin({ url: '/user/home', ...callback }).abort()
  // @ts-expect-error: no promise then
  wxp.requestNeedLogin({ url: '/user/home', fail: ({ errMsg }) => errMsg.length }).then(() => {})
  // @ts-expect-error: no promise then
  wxp.requestNeedLogin({ url: '/user/home', complete: ({ errMsg }) => errMsg.length }).then(() => {})

  // @ts-expect-error: url is required
  wxp.requestNeedLogin({})
  // @ts-expect-error: the arguments are required
  wxp.requestNeedLogin()
  // @ts-expect-error: an object, not a url
  wxp.requestNeedLogin('/user/home')
  // @ts-expect-error: no such method of HTTP
  wxp.requestNeedLogin({ url: '/user/home', method: 'FETCH' })
  return [message, status]
}

export async function files() {
  const upload = wxp.uploadFileNeedLogin({ url: '/upload', filePath: 'wxfile://a.png', name: 'file' })
  upload.onProgressUpdate(({ progress, totalBytesSent }) => progress + totalBytesSent)
  upload.offProgressUpdate()
  upload.abort()
  const uploaded: string = (await upload).data
  const toUpload: WechatMiniprogram.UploadFileOption = { url: '/upload', filePath: 'wxfile://a.png', name: 'file' }
  const toDownload: WechatMiniprogram.DownloadFileOption = { url: '/report.pdf' }
  console.log((await wxp.uploadFileNeedLogin(toUpload)).statusCode, (await wxp.downloadFileNeedLogin(toDownload)).statusCode)
  // @ts-expect-error: no promise then
  wxp.uploadFileNeedLogin({ ...toUpload, success() {} }).then(() => {})
  // @ts-expect-error: filePath and name are required
  wxp.uploadFileNeedLogin({ url: '/upload' })

  const download = wxp.downloadFileNeedLogin({ url: '/report.pdf' })
  download.onProgressUpdate(({ progress, totalBytesWritten }) => progress + totalBytesWritten)
  const downloaded: string = (await download).tempFilePath
  wxp.downloadFileNeedLogin({ url: '/report.pdf', success: ({ statusCode }) => statusCode }).abort()
  // @ts-expect-error: url is required
  wxp.downloadFileNeedLogin({})
  return [uploaded, downloaded]
}

export async function sessions() {
  const nothing: void = await wxp.ensureLogin()
  const more: void = await wxp.loginWith({ phoneCode: 'p', tenant: 7 })
  const given: void = await wxp.setToken('t', { expiresIn: 7200 })
  void [more, given]
  // @ts-expect-error the data is an object
  wxp.loginWith('p')
  // @ts-expect-error seconds are a number
  wxp.setToken('t', { expiresIn: '7200' })
  const token: string = await wxp.getToken()
  const gone: void = await wxp.logout()
  const ready: 'wasm' | 'fallback' = await wxp.ready
  void ready
  wxp.dispose()

  const profile = await wxp.loginWithProfile({ desc: '用于完善会员资料', lang: 'zh_CN' })
  const phone = await wxp.loginWithPhone({ code: 'code' })
  console.log(profile.statusCode, profile.data.data, phone.data)
  // @ts-expect-error: desc is required
  wxp.loginWithProfile({})
  // @ts-expect-error: no such language
  wxp.loginWithProfile({ desc: '用于完善会员资料', lang: 'fr' })
  // @ts-expect-error: code is required
  wxp.loginWithPhone({})
  // @ts-expect-error: the phone button's code is an argument, not an event
  wxp.loginWithPhone('code')

  const { status, expiresAt, generation }: Session = wxp.session
  type Snapshot = Expect<Equal<Session, { status: 'loading' | 'none' | 'logging-in' | 'active'; expiresAt: number | null; generation: number }>>
  const snapshot: Snapshot = true
  // @ts-expect-error: never the token
  wxp.session.token
  // @ts-expect-error: a snapshot, not for writing
  wxp.session = wxp.session
  // @ts-expect-error: null if unknown
  expiresAt.toFixed()
  if (status === 'active') return [nothing, token, gone, generation, snapshot]
  // @ts-expect-error: no such status
  return status === 'logged-in'
}

export function events() {
  wxp.on('login', ({ generation, expiresAt }) => console.log(generation + 1, expiresAt))
  wxp.on('logout', ({ type }) => console.log(type))
  wxp.on('expired', () => {})
  const onError = ({ error }: { error: WxpError }) => console.log(error.code)
  wxp.on('error', onError)
  wxp.off('error', onError)
  wxp.off('login')
  // @ts-expect-error: no such event
  wxp.on('tokenExpired', () => {})
  // @ts-expect-error: the payload never has the token
  wxp.on('login', ({ token }) => token)
}

export function errors(e: unknown) {
  if (!(e instanceof WxpError)) throw e
  const name: 'WxpError' = e.name
  const message: string = e.message
  const fields: [WxpCode, WxpStage, boolean] = [e.code, e.stage, e.retryable]
  const wechat: [string?, number?, number?] = [e.errMsg, e.errno, e.statusCode]
  // @ts-expect-error: not a code of ours
  if (e.code === 'no_network') return undefined
  // @ts-expect-error: not a stage of ours
  if (e.stage === 'start') return undefined
  // @ts-expect-error: it is the SDK that says so
  e.retryable = true
  return [name, message, fields, wechat]
}

export function errorsOfAnyCopy(e: unknown) {
  // @ts-expect-error: it could be anything
  console.log(e.code)
  if (!isWxpError(e)) throw e
  type Known = Expect<Equal<typeof e, WxpError>>
  const known: Known = true
  // @ts-expect-error: an error, not a name
  isWxpError()
  return [known, e.code, e.retryable]
}

export type Codes = Expect<Equal<WxpCode,
  | 'config' | 'wasm_unavailable' | 'internal' | 'disposed' | 'login_failed' | 'login_timeout' | 'login_blocked' | 'rate_limited'
  | 'exchange_failed' | 'exchange_bad_answer' | 'code_rejected' | 'not_logged_in' | 'logged_out' | 'session_key_stale'
  | 'profile_denied' | 'profile_needs_tap' | 'profile_privacy' | 'profile_desc' | 'profile_anonymous' | 'profile_failed'
  | 'phone_failed' | 'network' | 'timeout' | 'aborted' | 'interrupted' | 'domain_not_allowed' | 'request_failed'
  | 'hook_failed' | 'storage_failed'>>
export type Stages = Expect<Equal<WxpStage,
  | 'load' | 'check-session' | 'login' | 'exchange' | 'profile' | 'phone' | 'request' | 'logout' | 'storage' | 'config'>>
