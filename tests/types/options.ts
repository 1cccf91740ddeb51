// createWxp's options: every one of them once as it should be,
// and wrong ones that must not compile.
import { createWxp, type TokenAnswer, type UnauthorizedArgs, type Wxp, type WxpOptions, type WxLike } from 'miniprogram-login'
import fallback from 'miniprogram-login-fallback'
import type { Equal, Expect } from './expect.js'

const least = { baseUrl: 'https://api.example.com', login: { url: '/user/weixin-login' } }
const wxp: Wxp = createWxp(least)
App({ wxp })

createWxp({
  baseUrl: 'https://api.example.com/v1',
  login: {
    url: '/user/weixin-login',
    body: async ({ code }) => ({ code: code.trim(), channel: 'qr' }),
    readToken: res => ({ token: String(res.data.token), expiresIn: 7200, expiresAt: 1_800_000_000 }),
    header: { 'X-Client': 'mini' },
    timeout: 15_000,
  },
  profile: { url: '/user/profile' },
  phone: { url: '/user/phone' },
  logout: { url: '/user/logout' },
  allowedOrigins: ['https://cdn.example.com'],
  isUnauthorized: (res, api) => res.statusCode === 401 || api === 'request' && res.data.code === 401,
  checkSession: 'never',
  checkSessionTimeout: 3000,
  storage: { key: 'session', encrypt: true },
  expiryMargin: 60_000,
  cooldown: { first: 1000, max: 30_000 },
  requestTimeout: 10_000,
  loadTimeout: 10_000,
  wasmPath: '/sub/miniprogram_npm/miniprogram-login/miniprogram_login.wasm.br',
  fallback,
  fallbackAfter: 2_000,
  wx,
  WXWebAssembly,
  log: entry => console.log(entry.stage, entry.ms.toFixed(), entry.error?.code),
})

// The options are these and no others.
type Options =
  | 'baseUrl' | 'login' | 'profile' | 'phone' | 'logout' | 'allowedOrigins' | 'authorization' | 'header' | 'isUnauthorized' | 'checkSession'
  | 'checkSessionTimeout' | 'storage' | 'expiryMargin' | 'cooldown' | 'requestTimeout' | 'loadTimeout' | 'wasmPath'
  | 'fallback' | 'fallbackAfter' | 'wx' | 'WXWebAssembly' | 'log'
export type Names = Expect<Equal<keyof WxpOptions, Options>>
export type LoginNames = Expect<Equal<keyof WxpOptions['login'], 'url' | 'body' | 'readToken' | 'header' | 'timeout'>>

createWxp({ ...least, login: { url: '/l', readToken: () => 'token' } })
createWxp({ ...least, login: { url: '/l', readToken: async () => ({ token: 'token' }) } })
createWxp({ ...least, login: { url: '/l', body: ctx => ctx.code } })

// isUnauthorized: `api` tells what the answer has.
createWxp({ ...least, isUnauthorized: res => res.statusCode === 401 })
createWxp({ ...least, isUnauthorized: () => false })
createWxp({
  ...least,
  isUnauthorized: (res, api) => {
    if (api === 'downloadFile') {
      type Download = Expect<Equal<typeof res, WechatMiniprogram.DownloadFileSuccessCallbackResult>>
      const download: Download = true
      // @ts-expect-error: a download has a file, and no data
      return download && res.data.code === 401
    }
    if (api === 'uploadFile') return res.data.code === 401
    type Request = Expect<Equal<typeof res, WechatMiniprogram.RequestSuccessCallbackResult<any>>>
    const request: Request = true
    return request && res.data.code === 401 && res.cookies.length > 0
  },
})
export type Apis = Expect<Equal<UnauthorizedArgs[1], 'request' | 'uploadFile' | 'downloadFile'>>
// @ts-expect-error: it may be a download, which has no data
createWxp({ ...least, isUnauthorized: res => res.data.code === 401 })
// @ts-expect-error: no such function
createWxp({ ...least, isUnauthorized: (res, api) => api === 'connectSocket' })

// wx: any object of that shape.
interface Taro {
  login(option?: { timeout?: number; success?: (res: { code: string }) => void }): Promise<{ code: string; errMsg: string }>
  request<T = any, U = any>(option: { url: string; data?: U }): Promise<{ data: T }> & { abort(): void }
  getStorageSync<T = any>(key: string): T
  onAppShow(callback: (result: { path: string }) => void): void
  getEnv(): 'WEAPP'
}
declare const Taro: Taro
declare namespace uni {
  function login(options: { provider?: 'weixin' }): void
  function request(options: { url: string; method?: 'GET' }): { abort(): void; onHeadersReceived?(callback: Function): void }
  function getStorageSync(key: string): any
}
class Mock {
  calls: string[] = []
  login = ({ success }: { success: (res: { code: string }) => void }) => success({ code: 'code' })
  request() { this.calls.push('request') }
}
createWxp({ ...least, wx: Taro })
createWxp({ ...least, wx: uni })
createWxp({ ...least, wx: new Mock() })
createWxp({ ...least, wx: { login() {}, request() {}, showToast: () => {} } })
export const like: WxLike = wx
// @ts-expect-error: without request there is nothing to do
createWxp({ ...least, wx: { login() {} } })
// @ts-expect-error: a function
createWxp({ ...least, wx: { login() {}, request() {}, getStorageSync: {} } })
// @ts-expect-error: an object
createWxp({ ...least, wx: 'wx' })

export const life: TokenAnswer = { token: 'token', expiresIn: 60 }

// @ts-expect-error: baseUrl and login are required
createWxp({})
// @ts-expect-error: login is required
createWxp({ baseUrl: 'https://api.example.com' })
// @ts-expect-error: login.url is required
createWxp({ ...least, login: {} })
// @ts-expect-error: a text
createWxp({ ...least, baseUrl: new Date() })
// @ts-expect-error: no such option
createWxp({ ...least, baseURL: 'https://api.example.com' })
// @ts-expect-error: no such option of login
createWxp({ ...least, login: { url: '/l', method: 'POST' } })
// @ts-expect-error: 'launch' or 'never'
createWxp({ ...least, checkSession: 'always' })
// @ts-expect-error: milliseconds, not a text
createWxp({ ...least, login: { url: '/l', timeout: '15s' } })
// @ts-expect-error: an array of origins
createWxp({ ...least, allowedOrigins: 'https://cdn.example.com' })
createWxp({ ...least, authorization: { header: 'X-Access-Token', scheme: '' } })
createWxp({ ...least, header: { 'X-Tenant': 't7', 'X-None': undefined } })
createWxp({ ...least, header: (args, api) => ({ 'X-Sign': args.url + api + (args.method || 'GET') }) })
createWxp({ ...least, login: { url: '/l', body: ({ code, data }) => ({ code, ...data }) } })
// @ts-expect-error a header holds text
createWxp({ ...least, header: { 'X-Tenant': {} } })
// @ts-expect-error it must answer at once
createWxp({ ...least, header: async () => ({}) })
// @ts-expect-error the scheme is text
createWxp({ ...least, authorization: { scheme: null } })
// @ts-expect-error: whether the answer says so is a boolean
createWxp({ ...least, isUnauthorized: () => 'no' })
// @ts-expect-error: isUnauthorized is synchronous
createWxp({ ...least, isUnauthorized: async () => true })
// @ts-expect-error: a token is a text or { token }
createWxp({ ...least, login: { url: '/l', readToken: () => 42 } })
// @ts-expect-error: a life without a token
createWxp({ ...least, login: { url: '/l', readToken: () => ({ expiresIn: 60 }) } })
// @ts-expect-error: headers are texts
createWxp({ ...least, login: { url: '/l', header: { 'X-Client': {} } } })
// @ts-expect-error: encrypt is true or false
createWxp({ ...least, storage: { encrypt: 'yes' } })
// @ts-expect-error: a function
createWxp({ ...least, log: true })
// @ts-expect-error: what createWxp gives is not a promise
createWxp(least).then(() => {})
