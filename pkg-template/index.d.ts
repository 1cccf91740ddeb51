/// <reference types="miniprogram-api-typings" />

// The line above brings the types of wx. Where a project has a copy of them too, in typings/ as
// DevTools' TypeScript template has, the two collide: set `skipLibCheck: true`,
// or remove that copy.

/**
 * Creates the app's one object. Synchronous: call it at the top of app.js;
 * calls wait for the WASM module to load.
 * 创建应用唯一的对象；立即返回，可写在 app.js 顶部，模块加载期间的调用会排队。
 *
 * ```js
 * import { createWxp } from 'miniprogram-login'
 * const wxp = createWxp({ baseUrl: 'https://api.example.com', login: { url: '/user/weixin-login' } })
 * App({ wxp })
 * ```
 *
 * @throws TypeError if an option is missing or has the wrong type; the message names the option.
 */
export function createWxp(options: WxpOptions): Wxp

/**
 * What `createWxp` takes. All times are in milliseconds, at most 2147483647; fields that a server
 * sends are in seconds.
 * 选项。时间单位都是毫秒；服务器给的字段单位是秒。
 */
export interface WxpOptions {
  /**
   * `https://host[:port][/path]`; `http:` only for loopback and private addresses. Its origin is
   * home: the token goes there.
   * 你的服务器地址，令牌只发给它的源；`http:` 只可用于本机和局域网。
   */
  baseUrl: string
  /** How codes are exchanged for tokens. 怎样用 code 换令牌。 */
  login: LoginOptions
  /** Without it `loginWithProfile` rejects with `config`. 提交加密资料的地址，`loginWithProfile` 需要。 */
  profile?: { /** Where `POST {encryptedData, iv, rawData, signature}` goes. 接收加密资料的地址。 */ url?: string }
  /** Without it `loginWithPhone` rejects with `config`. 提交手机号 code 的地址，`loginWithPhone` 需要。 */
  phone?: { /** Where `POST {code}` goes. 接收手机号 code 的地址。 */ url?: string }
  /** Whether the server hears of a logout. 退出时是否通知服务器。 */
  logout?: {
    /** Where an empty `POST` tells the server about a logout. Unset: it is not told. 不设则不通知。 */
    url?: string
  }
  /**
   * Origins that get the token besides that of `baseUrl`,
   * such as `https://cdn.example.com`. Default `[]`.
   * 除 `baseUrl` 外还可以带令牌的源。
   */
  allowedOrigins?: string[]
  /**
   * Where the token stands. Default `{header: 'Authorization', scheme: 'Bearer'}`. With the scheme
   * `''` it stands alone. What the docs say of the header `Authorization` holds for this header.
   * 令牌放在哪个请求头、前面加什么；`scheme` 为 `''` 时单独放。
   *
   * ```js
   * authorization: { header: 'X-Access-Token', scheme: '' }
   * ```
   */
  authorization?: {
    /** Not `Cookie`, `Referer` or `Content-Type`. 请求头的名字。 */
    header?: string
    /** What stands before the token. 令牌前面的字样。 */
    scheme?: string
  }
  /**
   * Header fields for whatever goes to an origin that may see the token: requests, uploads, downloads
   * and the SDK's own posts, not `wxp.request`. A function is asked for each attempt, so that a
   * replay is signed anew; it gets what wx will be given, without the token. The call's own fields
   * and those of `login.header` come before these, whatever their case. Rejects with `hook_failed`
   * if the function throws or gives what can be no header.
   * 发往自己服务器的请求都带的请求头；写成函数时每次发送前调用，可用来签名，必须同步返回。
   *
   * ```js
   * header: (args, api) => ({ 'X-Tenant': tenantId, 'X-Sign': sign(args.url, args.data) })
   * ```
   */
  header?: HeaderFields | ((args: HeaderArgs, api: 'request' | 'uploadFile' | 'downloadFile') => HeaderFields)
  // The second is for functions of `res` alone, which the first refuses. Their parameters are the
  // same at the first place, so that the compiler can tell that of `res => …`.
  /**
   * Whether this answer says that the token is refused; `api` says what kind of answer it is, and
   * so what it has. Default: `res.statusCode === 401`.
   * 响应是否表示令牌无效；返回 true 就登录一次、重发一次。
   *
   * ```js
   * isUnauthorized: (res, api) => api === 'request' ? res.data.code === 9 : res.statusCode === 401
   * ```
   */
  isUnauthorized?: ((...args: UnauthorizedArgs) => boolean) | ((...args: First<UnauthorizedArgs>) => boolean)
  /**
   * `'launch'` (default): once per launch, a token restored from storage is used only after
   * `wx.checkSession` did not say that the session timed out. `'never'`: enough if the server never
   * decrypts anything with its session_key.
   * 每次启动是否用 `wx.checkSession` 检查一次；服务器从不解密用户数据时用 `'never'`。
   */
  checkSession?: 'launch' | 'never'
  /** For `wx.checkSession`, ms; then the token is trusted. Default 3000. 等 `wx.checkSession` 多久，毫秒。 */
  checkSessionTimeout?: number
  /** How the token is stored. 令牌怎样存在本机。 */
  storage?: {
    /** The storage key. Default: derived from appId, envVersion, origin and `login.url`. 存储的 key，一般不用设。 */
    key?: string
    /** Whether WeChat encrypts the stored token (base library 2.21.3). Default `false`. 是否由微信加密存储。 */
    encrypt?: boolean
  }
  /**
   * How long before its end a token is renewed, ms; a tenth of the token's life if that is
   * shorter. Default 60000.
   * 到期前多久就换新令牌，毫秒。
   */
  expiryMargin?: number
  /**
   * After the second failed login in a row, requests wait before they cause another one; doubles
   * from `first` to `max`, ms. Default 1000 and 30000.
   * 连续两次登录失败后，隔多久才由请求再次触发登录，毫秒，逐次加倍。
   */
  cooldown?: { first?: number; max?: number }
  /** Handed to wx as `timeout` where the call has none, ms. Unset: wx's own (60000). 请求自己没写 `timeout` 时用的超时，毫秒。 */
  requestTimeout?: number
  /** For loading the WASM module, ms. Default 10000. 加载模块的时限，毫秒。 */
  loadTimeout?: number
  /**
   * Where the module lies in the code package. Default
   * `/miniprogram_npm/miniprogram-login/miniprogram_login.wasm.br`; differs in subpackages.
   * 模块在代码包里的路径；放在分包里时要改。
   */
  wasmPath?: string
  /**
   * What `miniprogram-login-fallback` exports: the core as plain JavaScript, for a device that has
   * no WXWebAssembly, refuses the module twice, or does not answer within `fallbackAfter`. Must be
   * of the same version.
   * 设备拒绝 WASM 模块时的后备：`miniprogram-login-fallback` 的导出，版本必须一致。
   */
  fallback?: { readonly version: string; instantiate(imports: any): any }
  /** How long the module is waited for where there is a fallback, ms. Default 3000. 有后备时等模块多久，毫秒。 */
  fallbackAfter?: number
  /** Instead of the global `wx`: that of a framework (`Taro`, `uni`), or a mock. 代替全局 `wx`：框架的或测试用的。 */
  wx?: WxLike
  /** Instead of the global `WXWebAssembly`. 代替全局 `WXWebAssembly`。 */
  WXWebAssembly?: { instantiate(path: string, imports: any): Promise<any> }
  /**
   * Receives what each step of a login took and how it ended; never a secret.
   * Unset: nothing is logged.
   * 接收登录每一步的耗时和结果，不含任何秘密；不设则什么都不记。
   */
  log?: (entry: LogEntry) => void
}

/** Fields of a header, each on one line; what is undefined or null is left out. */
export type HeaderFields = Record<string, string | number | undefined | null>

/** What the option `header` is given: the call's own arguments, with the whole url. */
export interface HeaderArgs {
  url: string
  /** Absent where the call has none: wx takes that for `GET`. */
  method?: string
  /** Do not change it: it is the caller's. */
  data?: any
  /** The call's own fields; a copy. */
  header: Record<string, any>
  [name: string]: any
}

/**
 * What `isUnauthorized` is given: the answer, and the function of wx that it is from. Of a download
 * there is no `data`.
 */
export type UnauthorizedArgs =
  | [res: WechatMiniprogram.RequestSuccessCallbackResult<any>, api: 'request']
  | [res: UploadAnswer, api: 'uploadFile']
  | [res: WechatMiniprogram.DownloadFileSuccessCallbackResult, api: 'downloadFile']

type First<Args> = Args extends [infer First, ...any[]] ? [res: First] : never

/** An upload's answer, as `isUnauthorized` is given it. */
export interface UploadAnswer extends Omit<WechatMiniprogram.UploadFileSuccessCallbackResult, 'data'> {
  /** Parsed JSON if the text is JSON; else the text. */
  data: any
}

/**
 * What the SDK calls of `wx`. Without what may be absent it does without; any other function is
 * reached through `wxp` if it is there.
 */
export interface WxLike {
  login(options: any): any
  request(options: any): any
  /** For `uploadFileNeedLogin`. */
  uploadFile?(options: any): any
  /** For `downloadFileNeedLogin`. */
  downloadFile?(options: any): any
  /** For the `checkSession` option. */
  checkSession?(options: any): any
  /** For `loginWithProfile`. */
  getUserProfile?(options: any): any
  getStorageSync?(key: string): any
  setStorageSync?(key: string, data: any): any
  removeStorageSync?(key: string): any
  /** For `storage.encrypt`, as the two below. */
  getStorage?(options: any): any
  setStorage?(options: any): any
  removeStorage?(options: any): any
  /** Tells apps and versions apart in the storage. */
  getAccountInfoSync?(): any
  onAppShow?(listener: any): any
  offAppShow?(listener?: any): any
  onAppHide?(listener: any): any
  offAppHide?(listener?: any): any
  onNetworkStatusChange?(listener: any): any
  offNetworkStatusChange?(listener?: any): any
  /** All else is the app's. */
  [name: string]: any
}

/** What `createWxp` takes as `login`. 换令牌的选项。 */
export interface LoginOptions {
  /**
   * Where codes are exchanged: absolute, or joined to `baseUrl`. Must be on the origin of `baseUrl`
   * or one of `allowedOrigins`.
   * 换令牌的接口地址，完整的，或接在 `baseUrl` 后面的。
   */
  url: string
  /** The body of the exchange; sync or async. Default: `{...data, code}`. 换令牌的请求体，可以异步。 */
  body?: (ctx: {
    /** From wx.login, valid once. wx.login 的 code，只能用一次。 */
    code: string
    /** What `loginWith` was given; absent in a silent login. 传给 `loginWith` 的数据；静默登录时没有。 */
    data?: any
  }) => unknown
  /**
   * Reads the token from the exchange's answer; sync or async. Give a string, or an object with its
   * life. Default: any HTTP 2xx and
   * `{code: 200 or 0, data: {authorizationToken, expiresIn?, expiresAt?}}`.
   * 从响应里取令牌，返回字符串或 `{token, expiresIn}`，可以异步。
   */
  readToken?: (res: RequestResult) => TokenAnswer | Promise<TokenAnswer>
  /** Headers of the exchange. Default `{}`. 换令牌请求的头。 */
  header?: HeaderFields
  /** For the whole login, ms. Default 15000. 整个登录的时限，毫秒。 */
  timeout?: number
}

/**
 * What `login.readToken` gives: the token, or the token with its life (`expiresIn` in s,
 * `expiresAt` in unix s).
 */
export type TokenAnswer = string | { token: string; expiresIn?: number; expiresAt?: number }

type RequestResult = WechatMiniprogram.RequestSuccessCallbackResult<any>

/**
 * The app's object: every function of `wx`, as a promise where it takes callbacks,
 * and the functions below.
 */
export type Wxp = string extends keyof WechatMiniprogram.Wx ? NoTypings : WxpOwn & Omit<PromisedWx, keyof WxpOwn>

// Under skipLibCheck the compiler is silent about types of wx that it does not find, and takes them
// for `any`, whose names are all there are. Every use of wxp then says this.
type NoTypings = 'npm install miniprogram-api-typings: it is not found'

export interface WxpOwn {
  /**
   * `wx.request` with login: waits for a token if there is none, sends it to the origin of
   * `baseUrl` (and `allowedOrigins`) only, and after a 401 logs in and sends once more. Relative
   * urls are joined to `baseUrl`. Any status code resolves. The promise is also the task; `then`
   * gives plain promises, so keep the original to abort. With callbacks,
   * the task alone is returned.
   * 带登录的 `wx.request`：没有令牌先登录，只把令牌发给自己的服务器；401 登录一次、重发一次；任何状态码都 resolve。
   *
   * Rejects with {@link WxpError}.
   */
  requestNeedLogin<T extends Data = any>(args: WithCallbacks<WechatMiniprogram.RequestOption<T>>): StreamTask
  requestNeedLogin<T extends Data = any>(args: WechatMiniprogram.RequestOption<T>): LoginTask<WechatMiniprogram.RequestSuccessCallbackResult<T>, StreamTask>
  /** `wx.uploadFile`, by the same rules. 带登录的上传。 */
  uploadFileNeedLogin(args: WithCallbacks<WechatMiniprogram.UploadFileOption>): ProgressTask<WechatMiniprogram.UploadTaskOnProgressUpdateCallback>
  uploadFileNeedLogin(args: WechatMiniprogram.UploadFileOption): LoginTask<WechatMiniprogram.UploadFileSuccessCallbackResult, ProgressTask<WechatMiniprogram.UploadTaskOnProgressUpdateCallback>>
  /** `wx.downloadFile`, by the same rules. 带登录的下载。 */
  downloadFileNeedLogin(args: WithCallbacks<WechatMiniprogram.DownloadFileOption>): ProgressTask<WechatMiniprogram.DownloadTaskOnProgressUpdateCallback>
  downloadFileNeedLogin(args: WechatMiniprogram.DownloadFileOption): LoginTask<WechatMiniprogram.DownloadFileSuccessCallbackResult, ProgressTask<WechatMiniprogram.DownloadTaskOnProgressUpdateCallback>>
  /**
   * Resolves when there is a usable token, logging in silently if there is
   * none. Skips the cooldown.
   * 确保已登录；在 `onLoad` 里调用，点击时就有会话。
   */
  ensureLogin(): Promise<void>
  /**
   * A login whose exchange posts `{...data, code}`, or what `login.body({code, data})` gives: for a
   * phone code, an invitation, a tenant. Not for `encryptedData`, whose key the login changes. One
   * runs after another; requests meanwhile use the token there is. Success replaces the session;
   * failure rejects this call alone. Rejects with {@link WxpError}, or with a TypeError if `data` is no
   * object of what JSON can hold or has a field `code`.
   * 换令牌时多带数据（手机号 code、邀请码、租户）；失败时原来的会话不变。
   *
   * ```js
   * await wxp.loginWith({ phoneCode: e.detail.code })
   * ```
   */
  loginWith(data: object): Promise<void>
  /**
   * Takes over a session that another login brought (SMS, password), before it returns. What was sent
   * before is delivered as it comes, what waits goes on with this token, a login under way ends (a
   * `loginWith` rejects with `aborted`). Without `expiresIn` its life is what a JWT says of itself, or
   * until a 401. When it ends, the next request logs in silently, unless `login.body` throws.
   * `loginWithProfile` then rejects with `not_logged_in`, as wx.login has not made this session.
   * Rejects with a TypeError if the text can't be a token. Never take one from a page's query.
   * 使用别处登录（短信、密码）得到的令牌，返回前即生效。切勿从页面参数里取令牌。
   */
  setToken(token: string, more?: { /** Its life, s. 有效期，秒。 */ expiresIn?: number }): Promise<void>
  /**
   * In a tap handler, before anything asynchronous: asks the user for the profile and posts it to
   * `profile.url`. Resolves with the server's answer. Call `ensureLogin()` in `onLoad`: with no
   * session at the tap it rejects with `not_logged_in`.
   * 在点击事件里最先调用：取用户资料并提交到 `profile.url`。2022 年起微信多半只给匿名资料，请用头像昵称填写。
   */
  loginWithProfile(args: {
    /** What the profile is for, at most 15 Chinese characters. 用途，15 个汉字以内。 */
    desc: string
    lang?: 'en' | 'zh_CN' | 'zh_TW'
  }): Promise<RequestResult>
  /**
   * From `<button open-type="getPhoneNumber">`: posts `e.detail.code` to `phone.url`, logging in
   * first if needed. Resolves with the server's answer.
   * 手机号按钮的 code 发到 `phone.url`，需要时先登录。
   */
  loginWithPhone(args: { code: string }): Promise<RequestResult>
  /**
   * Ends the session before it returns. Resolves when the server (if `logout.url` is set) was told
   * or could not be reached.
   * 退出，返回前即生效；下一次需要登录的请求会再静默登录。
   */
  logout(): Promise<void>
  /**
   * For transports of the app's own: resolves with a usable token. Send it to your own server only.
   * 取可用的令牌，供自己的传输方式使用；只发给自己的服务器。
   */
  getToken(): Promise<string>
  /** A snapshot; never the token. 会话的快照，不含令牌。 */
  readonly session: Session
  /**
   * The current attempt to load the core; resolves with what it runs as. Rejects with
   * `wasm_unavailable` or `config`; the next call tries again.
   * 这次加载的结果：以模块还是后备运行。
   */
  readonly ready: Promise<'wasm' | 'fallback'>
  /** Listens to what happens to the session. 监听登录、退出、失效、错误。 */
  on<E extends keyof WxpEvents>(event: E, fn: (payload: WxpEvents[E]) => void): void
  /** Without `fn`: removes all listeners of the event. 不给 `fn` 则移除全部监听。 */
  off<E extends keyof WxpEvents>(event: E, fn?: (payload: WxpEvents[E]) => void): void
  /** Removes what the SDK registered with wx; running and later calls reject with `disposed`. 销毁这个对象。 */
  dispose(): void
}

/** What `wxp.session` shows. */
export interface Session {
  /** `loading`: the WASM module; `none`: no usable token. */
  status: 'loading' | 'none' | 'logging-in' | 'active'
  /** When the token expires, unix ms by the phone's clock; `null` without a token or if unknown. */
  expiresAt: number | null
  /** Counts logins and logouts of this launch. */
  generation: number
}

/** The events of `on`. */
export interface WxpEvents {
  /** A login succeeded. */
  login: { type: 'login'; generation: number; expiresAt: number | null }
  /** `logout()` took effect. */
  logout: { type: 'logout' }
  /** The token ended: by its life, by a 401, or by wx.checkSession. */
  expired: { type: 'expired' }
  /** A login, the storage or telling the server of a logout failed. */
  error: { type: 'error'; error: WxpError }
}

/** What the `log` option receives. */
export interface LogEntry {
  stage: WxpStage
  /** How long the step took, ms. */
  ms: number
  /** What failed; absent if it went well. */
  error?: WxpError
}

/**
 * Every rejection of the SDK's own functions (the promises of plain wx functions reject with wx's
 * result object). No field holds a token, code, session_key or phone number.
 *
 * ```js
 * wxp.requestNeedLogin({ url: '/user/home' }).catch(e => {
 *   if (e.retryable) wxp.showToast({ title: '请稍后再试', icon: 'none' })
 * })
 * ```
 */
export class WxpError extends Error {
  readonly name: 'WxpError'
  /** What happened. */
  readonly code: WxpCode
  /** Where it happened. */
  readonly stage: WxpStage
  /** Whether the same call may succeed later, unchanged. */
  readonly retryable: boolean
  /** wx's or the server's text, redacted. */
  readonly errMsg?: string
  /** wx's error number, or the server's body code. */
  readonly errno?: number
  /** HTTP status of the server's answer. */
  readonly statusCode?: number
}

/**
 * Whether this is a {@link WxpError}. By its name, as `instanceof` says no to errors of another
 * copy of the package, such as that of a subpackage.
 *
 * ```js
 * import { isWxpError } from 'miniprogram-login'
 * wxp.requestNeedLogin({ url: '/user/home' }).catch(e => {
 *   if (isWxpError(e) && e.code === 'network') this.setData({ offline: true })
 *   else throw e
 * })
 * ```
 */
export function isWxpError(e: unknown): e is WxpError

/** The closed set of error codes. 全部错误码。 */
export type WxpCode =
  /** An option or the mini program's own settings are wrong. 选项或小程序自身的设置不对，重试无用。 */
  | 'config'
  /** The WASM module could not be loaded. 模块加载失败；检查 `.wasm.br` 是否在 `wasmPath`。 */
  | 'wasm_unavailable'
  /** The WASM instance stopped unexpectedly; the next call runs on a fresh one. 模块意外停止，下一次调用用新的。 */
  | 'internal'
  /** This `wxp` was disposed. 这个 `wxp` 已经销毁。 */
  | 'disposed'
  /** wx.login failed, or the server refused the token that it had just issued. `wx.login` 失败，或服务器拒绝它刚发的令牌。 */
  | 'login_failed'
  /** The login did not finish within `login.timeout`. 登录超过 `login.timeout`。 */
  | 'login_timeout'
  /** WeChat or the server blocks this user; do not retry. 微信或服务器封禁了这个用户，不要重试。 */
  | 'login_blocked'
  /** Too many logins in a short time; wait about a minute. 短时间内登录太多，等一分钟左右。 */
  | 'rate_limited'
  /** The server did not exchange the code for a token. 服务器没有用 code 换出令牌。 */
  | 'exchange_failed'
  /** The server's answer has no token. 服务器的响应里没有令牌；可用 `login.readToken` 读取。 */
  | 'exchange_bad_answer'
  /** The server refused two fresh codes; check its appid and secret. 服务器两次拒绝新的 code，检查它的 appid 和 secret。 */
  | 'code_rejected'
  /** No session yet at the tap; ask for another tap. 点击时还没有会话，已开始登录，请用户再点一次。 */
  | 'not_logged_in'
  /** `logout()` was called meanwhile. 途中调用了 `logout()`。 */
  | 'logged_out'
  /** The session_key changed after the consent; ask for another tap. 同意之后 session_key 变了，请用户再点一次。 */
  | 'session_key_stale'
  /** The user refused. 用户拒绝。 */
  | 'profile_denied'
  /** getUserProfile works only directly inside a tap handler. 只能在点击事件里、任何异步之前调用。 */
  | 'profile_needs_tap'
  /** The privacy agreement was not accepted or does not declare this API. 没有同意隐私协议，或协议里没有声明。 */
  | 'profile_privacy'
  /** `desc` is empty or too long. `desc` 为空或太长，请在 15 个汉字以内。 */
  | 'profile_desc'
  /** WeChat gave the anonymous profile; use the fill-in form. 微信给的是匿名资料，请用头像昵称填写。 */
  | 'profile_anonymous'
  /** The profile could not be had or the server did not accept it. 没有拿到资料，或服务器不接受。 */
  | 'profile_failed'
  /** There is no phone code since the user refused, or the server did not accept it. 用户拒绝所以没有 code，或服务器不接受。 */
  | 'phone_failed'
  /** The network failed. 网络故障。 */
  | 'network'
  /** The request got no answer in time. 请求没有及时响应。 */
  | 'timeout'
  /** `abort()` was called. 调用了 `abort()`。 */
  | 'aborted'
  /** WeChat cut it off: the app was hidden or the network changed. 切到后台或换了网络，被微信中断。 */
  | 'interrupted'
  /** The host is not on the mini program's domain list. 域名不在合法域名里。 */
  | 'domain_not_allowed'
  /** wx refused or could not perform the call. wx 拒绝或无法执行，看 `errMsg`。 */
  | 'request_failed'
  /** A function given to `createWxp` threw. 你给 `createWxp` 的函数抛了错。 */
  | 'hook_failed'
  /** The token could not be stored and stays in memory; an event only. 令牌没能存下，仍在内存里；只作为事件。 */
  | 'storage_failed'

/** Where an error happened. */
export type WxpStage = 'load' | 'check-session' | 'login' | 'exchange' | 'profile' | 'phone' | 'request' | 'logout' | 'storage' | 'config'

/** A promise that also has the task's methods, usable while it still waits for the login. */
export type LoginTask<R, Task> = Promise<R> & Task

/** The task of a request. */
export interface StreamTask {
  /** Rejects this call at once with `aborted`; a login that others wait for goes on. */
  abort(): void
  onHeadersReceived(fn: HeadersListener): void
  offHeadersReceived(fn?: HeadersListener): void
  onChunkReceived(fn: ChunkListener): void
  offChunkReceived(fn?: ChunkListener): void
}

/** The task of an upload or download. */
export interface ProgressTask<Callback> {
  /** Rejects this call at once with `aborted`; a login that others wait for goes on. */
  abort(): void
  onHeadersReceived(fn: HeadersListener): void
  offHeadersReceived(fn?: HeadersListener): void
  onProgressUpdate(fn: Callback): void
  offProgressUpdate(fn?: Callback): void
}

type HeadersListener = (result: { header: WechatMiniprogram.IAnyObject; cookies: string[]; statusCode?: number }) => void
type ChunkListener = (result: { data: ArrayBuffer }) => void
type Data = string | WechatMiniprogram.IAnyObject | ArrayBuffer
type HasCallbacks = { success?: any; fail?: any; complete?: any }
// Required, not optional: a variable of an options type may have callbacks, and is taken to have
// none. So is what wx's own types do.
type WithCallbacks<O extends HasCallbacks> = O & (
  | { success: NonNullable<O['success']> }
  | { fail: NonNullable<O['fail']> }
  | { complete: NonNullable<O['complete']> }
)
type Answer<O> = O extends { success?: infer S } ? (NonNullable<S> extends (res: infer R) => any ? R : void) : void

/**
 * `wx` with every function that takes success, fail and complete as a promise; all else unchanged.
 * What gives a task gives a promise that is that task too; with callbacks, what wx gives. A socket
 * has no end that one could wait for: `connectSocket` gives wx's own.
 */
export type PromisedWx = {
  [K in keyof WechatMiniprogram.Wx]: K extends 'request' ? PromisedRequest
    : K extends 'connectSocket' ? WechatMiniprogram.Wx[K]
    : WechatMiniprogram.Wx[K] extends (option: infer O, ...rest: infer R) => infer Own
    ? NonNullable<O> extends HasCallbacks
      ? keyof NonNullable<O> & keyof HasCallbacks extends never ? WechatMiniprogram.Wx[K]
        // Its own type says so already, and more: of which data, for example.
        : [Own] extends [Promise<Answer<NonNullable<O>>>] ? WechatMiniprogram.Wx[K]
        : Promised<WechatMiniprogram.Wx[K], NonNullable<O>, R, K extends WithTask ? Own : unknown>
      : WechatMiniprogram.Wx[K]
    : WechatMiniprogram.Wx[K]
}

type WithTask = 'uploadFile' | 'downloadFile' | 'preDownloadSubpackage'

type Promised<F extends (...args: any[]) => any, O extends HasCallbacks, R extends any[], Task> = {
  (option: WithCallbacks<O>, ...rest: R): ReturnType<F>
  (...args: Parameters<F>): Promise<Answer<O>> & Task
}

// By hand, as a type made from a generic function's loses what it is generic in.
type PromisedRequest = {
  <T extends Data = Data>(option: WithCallbacks<WechatMiniprogram.RequestOption<T>>): WechatMiniprogram.RequestTask
  <T extends Data = Data>(option: WechatMiniprogram.RequestOption<T>): Promise<WechatMiniprogram.RequestSuccessCallbackResult<T>> & WechatMiniprogram.RequestTask
}
