/// <reference types="miniprogram-api-typings" />

// The line above brings the types of wx. Where a project has a copy of them too, in typings/ as
// DevTools' TypeScript template has, the two collide: set `skipLibCheck: true`,
// or remove that copy.

/**
 * Creates the app's one object. Synchronous: call it at the top of app.js;
 * calls wait for the WASM module to load.
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
 */
export interface WxpOptions {
  /**
   * `https://host[:port][/path]`; `http:` only for loopback and private addresses. Its origin is
   * home: the token goes there.
   */
  baseUrl: string
  login: LoginOptions
  /** Without it `loginWithProfile` rejects with `config`. */
  profile?: { /** Where `POST {encryptedData, iv, rawData, signature}` goes. */ url?: string }
  /** Without it `loginWithPhone` rejects with `config`. */
  phone?: { /** Where `POST {code}` goes. */ url?: string }
  logout?: {
    /** Where an empty `POST` tells the server about a logout. Unset: it is not told. */
    url?: string
  }
  /**
   * Origins that get the token besides that of `baseUrl`,
   * such as `https://cdn.example.com`. Default `[]`.
   */
  allowedOrigins?: string[]
  /**
   * Where the token stands. Default `{header: 'Authorization', scheme: 'Bearer'}`. With the scheme
   * `''` it stands alone. What the docs say of the header `Authorization` holds for this header.
   *
   * ```js
   * authorization: { header: 'X-Access-Token', scheme: '' }
   * ```
   */
  authorization?: {
    /** Not `Cookie`, `Referer` or `Content-Type`. */
    header?: string
    scheme?: string
  }
  /**
   * Header fields for whatever goes to an origin that may see the token: requests, uploads, downloads
   * and the SDK's own posts, not `wxp.request`. A function is asked for each attempt, so that a
   * replay is signed anew; it gets what wx will be given, without the token. The call's own fields
   * and those of `login.header` come before these, whatever their case. Rejects with `hook_failed`
   * if the function throws or gives what can be no header.
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
   */
  checkSession?: 'launch' | 'never'
  /** For `wx.checkSession`, ms; then the token is trusted. Default 3000. */
  checkSessionTimeout?: number
  storage?: {
    /** The storage key. Default: derived from appId, envVersion, origin and `login.url`. */
    key?: string
    /** Whether WeChat encrypts the stored token (base library 2.21.3). Default `false`. */
    encrypt?: boolean
  }
  /**
   * How long before its end a token is renewed, ms; a tenth of the token's life if that is
   * shorter. Default 60000.
   */
  expiryMargin?: number
  /**
   * After the second failed login in a row, requests wait before they cause another one; doubles
   * from `first` to `max`, ms. Default 1000 and 30000.
   */
  cooldown?: { first?: number; max?: number }
  /** Handed to wx as `timeout` where the call has none, ms. Unset: wx's own (60000). */
  requestTimeout?: number
  /** For loading the WASM module, ms. Default 10000. */
  loadTimeout?: number
  /**
   * Where the module lies in the code package. Default
   * `/miniprogram_npm/miniprogram-login/miniprogram_login.wasm.br`; differs in subpackages.
   */
  wasmPath?: string
  /**
   * What `miniprogram-login-fallback` exports: the core as plain JavaScript, for a device that has
   * no WXWebAssembly, refuses the module twice, or does not answer within `fallbackAfter`. Must be
   * of the same version.
   */
  fallback?: { readonly version: string; instantiate(imports: any): any }
  /** How long the module is waited for where there is a fallback, ms. Default 3000. */
  fallbackAfter?: number
  /** Instead of the global `wx`: that of a framework (`Taro`, `uni`), or a mock. */
  wx?: WxLike
  /** Instead of the global `WXWebAssembly`. */
  WXWebAssembly?: { instantiate(path: string, imports: any): Promise<any> }
  /**
   * Receives what each step of a login took and how it ended; never a secret.
   * Unset: nothing is logged.
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

/** What `createWxp` takes as `login`. */
export interface LoginOptions {
  /**
   * Where codes are exchanged: absolute, or joined to `baseUrl`. Must be on the origin of `baseUrl`
   * or one of `allowedOrigins`.
   */
  url: string
  /** The body of the exchange; sync or async. Default: `{...data, code}`. */
  body?: (ctx: {
    /** From wx.login, valid once. */
    code: string
    /** What `loginWith` was given; absent in a silent login. */
    data?: any
  }) => unknown
  /**
   * Reads the token from the exchange's answer; sync or async. Give a string, or an object with its
   * life. Default: any HTTP 2xx and
   * `{code: 200 or 0, data: {authorizationToken, expiresIn?, expiresAt?}}`.
   */
  readToken?: (res: RequestResult) => TokenAnswer | Promise<TokenAnswer>
  /** Headers of the exchange. Default `{}`. */
  header?: HeaderFields
  /** For the whole login, ms. Default 15000. */
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
   *
   * Rejects with {@link WxpError}.
   */
  requestNeedLogin<T extends Data = any>(args: WithCallbacks<WechatMiniprogram.RequestOption<T>>): StreamTask
  requestNeedLogin<T extends Data = any>(args: WechatMiniprogram.RequestOption<T>): LoginTask<WechatMiniprogram.RequestSuccessCallbackResult<T>, StreamTask>
  /** `wx.uploadFile`, by the same rules. */
  uploadFileNeedLogin(args: WithCallbacks<WechatMiniprogram.UploadFileOption>): ProgressTask<WechatMiniprogram.UploadTaskOnProgressUpdateCallback>
  uploadFileNeedLogin(args: WechatMiniprogram.UploadFileOption): LoginTask<WechatMiniprogram.UploadFileSuccessCallbackResult, ProgressTask<WechatMiniprogram.UploadTaskOnProgressUpdateCallback>>
  /** `wx.downloadFile`, by the same rules. */
  downloadFileNeedLogin(args: WithCallbacks<WechatMiniprogram.DownloadFileOption>): ProgressTask<WechatMiniprogram.DownloadTaskOnProgressUpdateCallback>
  downloadFileNeedLogin(args: WechatMiniprogram.DownloadFileOption): LoginTask<WechatMiniprogram.DownloadFileSuccessCallbackResult, ProgressTask<WechatMiniprogram.DownloadTaskOnProgressUpdateCallback>>
  /**
   * Resolves when there is a usable token, logging in silently if there is
   * none. Skips the cooldown.
   */
  ensureLogin(): Promise<void>
  /**
   * A login whose exchange posts `{...data, code}`, or what `login.body({code, data})` gives: for a
   * phone code, an invitation, a tenant. Not for `encryptedData`, whose key the login changes. One
   * runs after another; requests meanwhile use the token there is. Success replaces the session;
   * failure rejects this call alone. Rejects with {@link WxpError}, or with a TypeError if `data` is no
   * object of what JSON can hold or has a field `code`.
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
   */
  setToken(token: string, more?: { /** Its life, s. */ expiresIn?: number }): Promise<void>
  /**
   * In a tap handler, before anything asynchronous: asks the user for the profile and posts it to
   * `profile.url`. Resolves with the server's answer. Call `ensureLogin()` in `onLoad`: with no
   * session at the tap it rejects with `not_logged_in`.
   */
  loginWithProfile(args: {
    /** What the profile is for, 1 to 30 bytes: about 15 Chinese characters. */
    desc: string
    lang?: 'en' | 'zh_CN' | 'zh_TW'
  }): Promise<RequestResult>
  /**
   * From `<button open-type="getPhoneNumber">`: posts `e.detail.code` to `phone.url`, logging in
   * first if needed. Resolves with the server's answer.
   */
  loginWithPhone(args: { code: string }): Promise<RequestResult>
  /**
   * Ends the session before it returns. Resolves when the server (if `logout.url` is set) was told
   * or could not be reached.
   */
  logout(): Promise<void>
  /**
   * For transports of the app's own: resolves with a usable token. Send it to your own server only.
   */
  getToken(): Promise<string>
  /** A snapshot; never the token. */
  readonly session: Session
  /**
   * The current attempt to load the core; resolves with what it runs as. Rejects with
   * `wasm_unavailable` or `config`; the next call tries again.
   */
  readonly ready: Promise<'wasm' | 'fallback'>
  on<E extends keyof WxpEvents>(event: E, fn: (payload: WxpEvents[E]) => void): void
  /** Without `fn`: removes all listeners of the event. */
  off<E extends keyof WxpEvents>(event: E, fn?: (payload: WxpEvents[E]) => void): void
  /** Removes what the SDK registered with wx; running and later calls reject with `disposed`. */
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

/** The closed set of error codes. */
export type WxpCode =
  | 'config' | 'wasm_unavailable' | 'internal' | 'disposed'
  | 'login_failed' | 'login_timeout' | 'login_blocked' | 'rate_limited'
  | 'exchange_failed' | 'exchange_bad_answer' | 'code_rejected'
  | 'not_logged_in' | 'logged_out' | 'session_key_stale'
  | 'profile_denied' | 'profile_needs_tap' | 'profile_privacy' | 'profile_desc' | 'profile_anonymous' | 'profile_failed' | 'phone_failed'
  | 'network' | 'timeout' | 'aborted' | 'interrupted' | 'domain_not_allowed' | 'request_failed'
  | 'hook_failed' | 'storage_failed'

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
