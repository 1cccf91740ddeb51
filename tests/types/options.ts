// createWxp's options: every one of them once as it should be,
// and wrong ones that must not compile.
import { createWxp, type TokenAnswer, type Wxp, type WxpOptions } from 'miniprogram-login'
import type { Equal, Expect } from './expect'

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
  isUnauthorized: res => res.statusCode === 401 || res.data.code === 401,
  checkSession: 'never',
  checkSessionTimeout: 3000,
  storage: { key: 'session', encrypt: true },
  expiryMargin: 60_000,
  cooldown: { first: 1000, max: 30_000 },
  requestTimeout: 10_000,
  loadTimeout: 10_000,
  wasmPath: '/sub/miniprogram_npm/miniprogram-login/miniprogram_login.wasm.br',
  wx,
  WXWebAssembly,
  log: entry => console.log(entry.stage, entry.ms.toFixed(), entry.error?.code),
})

// The options are these and no others.
type Options =
  | 'baseUrl' | 'login' | 'profile' | 'phone' | 'logout' | 'allowedOrigins' | 'isUnauthorized' | 'checkSession'
  | 'checkSessionTimeout' | 'storage' | 'expiryMargin' | 'cooldown' | 'requestTimeout' | 'loadTimeout' | 'wasmPath'
  | 'wx' | 'WXWebAssembly' | 'log'
export type Names = Expect<Equal<keyof WxpOptions, Options>>
export type LoginNames = Expect<Equal<keyof WxpOptions['login'], 'url' | 'body' | 'readToken' | 'header' | 'timeout'>>

createWxp({ ...least, login: { url: '/l', readToken: () => 'token' } })
createWxp({ ...least, login: { url: '/l', readToken: async () => ({ token: 'token' }) } })
createWxp({ ...least, login: { url: '/l', body: ctx => ctx.code } })
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
// @ts-expect-error: whether the answer says so is a boolean
createWxp({ ...least, isUnauthorized: () => 'no' })
// @ts-expect-error: isUnauthorized is synchronous
createWxp({ ...least, isUnauthorized: async () => true })
// @ts-expect-error: a token is a text or { token }
createWxp({ ...least, login: { url: '/l', readToken: () => 42 } })
// @ts-expect-error: a life without a token
createWxp({ ...least, login: { url: '/l', readToken: () => ({ expiresIn: 60 }) } })
// @ts-expect-error: headers are texts
createWxp({ ...least, login: { url: '/l', header: { 'X-Client': 1 } } })
// @ts-expect-error: encrypt is true or false
createWxp({ ...least, storage: { encrypt: 'yes' } })
// @ts-expect-error: a function
createWxp({ ...least, log: true })
// @ts-expect-error: what createWxp gives is not a promise
createWxp(least).then(() => {})
