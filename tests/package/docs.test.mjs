// What the documents for users show, but for settings.md, which has a file of its own.
import assert from 'node:assert/strict'
import { answer, failure, HOME } from './backend.mjs'
import { allAreTried, blocks, page, run } from './docs.mjs'
import { once, plain } from './scenario.mjs'
import { fails } from './wx.mjs'

const LOGIN = '/user/weixin-login'

/** `wxp` as it would be without a document, for pages that import it. */
const imports = wxp => ({ wxp, './wxp': { wxp }, '../../wxp': { wxp } })

/** Notes the arguments of a function of wx, which the phone of the tests has not. */
function notes(s, api, act = () => ({})) {
  const calls = []
  s.phone.wx[api] = args => {
    calls.push(plain(args))
    return s.phone.call(api, args, () => act(args))
  }
  return calls
}

// ---- README and quick start -----------------------------------------------------------------------

const [readmeApp, readmePage] = blocks('README.md')

once('README: app.js and a page', async s => {
  run(s, readmeApp, 'undefined', { App: app => { s.sandbox.app = app } })
  const home = page(s, readmePage)
  await s.ok(home.onLoad())
  assert.equal(home.data.name, 'andying')
  assert.deepEqual(s.backend.requests.map(({ path }) => path), [LOGIN, '/user/home'])
})

const [wxpFile, appFile, homeFile, requireLine] = blocks('docs/en/quick-start.md')

once('quick start: wxp.js, app.js and a page', async s => {
  const wxp = run(s, wxpFile, 'wxp')
  let app
  run(s, appFile, 'undefined', { ...imports(wxp), App: options => { app = options } })
  assert.equal(app.wxp, wxp)
  s.backend.will('/user/home', answer(200, { data: { name: 'eva' } }))
  const home = page(s, homeFile, imports(wxp))
  await s.ok(home.onLoad())
  assert.equal(home.data.name, 'eva')
  assert.equal(typeof run(s, requireLine, 'createWxp'), 'function')
})

// ---- avatar, nickname, phone ----------------------------------------------------------------------

const [fillIn, withPhone, phoneWith, profile] = blocks('docs/en/profile-and-phone.md')

once('profile: the fill-in', async s => {
  const filled = page(s, fillIn, imports(await s.start()))
  await s.ok(filled.chooseAvatar({ detail: { avatarUrl: 'wxfile://tmp.png' } }))
  assert.equal(filled.data.avatar, 'wxfile://tmp.png')
  s.backend.will('/user/profile', answer(200, { code: 200 }))
  await s.ok(filled.save({ detail: { value: { nickname: 'eva' } } }))
  const [, upload, save] = s.backend.requests
  assert.equal(upload.path, '/user/avatar')
  assert.ok(upload.bearer && upload.bearer === save.bearer)
  assert.deepEqual(plain(save.data), { nickName: 'eva' })
})

once('profile: a phone number, bound to the session or with the login', async s => {
  const wxp = await s.start()
  const bind = run(s, withPhone, 'onPhone', { wxp })
  await s.ok(bind({ detail: { errMsg: 'getPhoneNumber:fail user deny' } }))
  assert.equal(s.backend.requests.length, 0)
  assert.equal((await s.ok(bind({ detail: { code: s.backend.issueCode(false) } }))).bound, true)
  const login = run(s, phoneWith, 'onPhone', { wxp })
  await s.ok(login({ detail: {} }))
  await s.ok(login({ detail: { code: 'phone-1' } }))
  assert.deepEqual(s.backend.to(LOGIN).map(({ data }) => data.phoneCode), [undefined, 'phone-1'])
})

once('profile: getUserProfile, and what a page makes of its ends', async s => {
  const went = notes(s, 'navigateTo'), toasts = notes(s, 'showToast')
  const old = page(s, profile, imports(await s.start()))
  // Not logged in yet: another tap.
  await s.ok(s.phone.tap(() => old.onTap()))
  old.onLoad()
  await s.clock.advance(1_000)
  assert.equal((await s.ok(s.phone.tap(() => old.onTap()))).nickName, 'Band')
  s.phone.will('getUserProfile', fails('getUserProfile:fail auth deny'))
  await s.ok(s.phone.tap(() => old.onTap()))
  s.phone.profile = { nickName: '微信用户', gender: 0 }
  await s.ok(s.phone.tap(() => old.onTap()))
  assert.deepEqual([went, toasts.map(({ title }) => title)], [[{ url: '/pages/fill/fill' }], ['请再点一次']])
  await s.rejected(old.onTap(), 'profile_needs_tap')
})

// ---- streams --------------------------------------------------------------------------------------

const [stream, utf8] = blocks('docs/en/streams.md')

once('streams: a page shows what comes, whole characters only, and stops', async s => {
  const createDecoder = run(s, utf8, 'createDecoder')
  const wxp = await s.active(), streams = []
  const { request } = s.phone.wx
  s.phone.wx.request = args => {
    if (!args.enableChunked) return request(args)
    const stream = { args, aborted: false }
    streams.push(stream)
    return { abort: () => { stream.aborted = true }, onHeadersReceived() {}, onChunkReceived: fn => { stream.tell = fn } }
  }
  const chat = page(s, stream, { ...imports(wxp), '../../utf8': { createDecoder } })
  const first = s.watch(chat.ask())
  const bytes = Array.from(Buffer.from('好，😀a'))
  const shown = bytes.map(byte => {
    streams[0].tell({ data: Uint8Array.from([byte]).buffer })
    return chat.data.answer
  })
  assert.deepEqual(shown, ['', '', '好', '好', '好', '好，', '好，', '好，', '好，', '好，😀', '好，😀a'])
  streams[0].args.success({ statusCode: 200, data: '', header: {}, cookies: [], errMsg: 'request:ok' })
  assert.ok((await s.outcome(first)).ok)

  // One more stops the one before; so does leaving the page.
  const calls = [s.watch(chat.ask()), s.watch(chat.ask())]
  chat.onUnload()
  for (const call of await s.outcomes(calls)) assert.ok(call.ok)
  assert.deepEqual(streams.map(({ aborted }) => aborted), [false, true, true])
  // Of its two, it was told that the first is over when the second began.
  assert.equal(chat.data.answer, '')
})

once('streams: any text, cut anywhere', async s => {
  const createDecoder = run(s, utf8, 'createDecoder')
  for (const text of ['', 'abc', '你好', '€é', '😀😀', 'a😀你é']) {
    const bytes = Array.from(Buffer.from(text))
    for (let one = 0; one <= bytes.length; one++) {
      for (let two = one; two <= bytes.length; two++) {
        const decode = createDecoder()
        const parts = [bytes.slice(0, one), bytes.slice(one, two), bytes.slice(two)]
        assert.equal(parts.map(part => decode(Uint8Array.from(part).buffer)).join(''), text)
      }
    }
  }
})

// ---- errors ---------------------------------------------------------------------------------------

const [sayFile, catching] = blocks('docs/en/errors.md')

once('errors: what a page says', async s => {
  const toasts = notes(s, 'showToast')
  const written = []
  const say = run(s, sayFile, 'say', { console: { error: e => written.push(e.code) } })
  const wxp = await s.start()
  const home = page(s, catching, { ...imports(wxp), '../../say': { say } })
  const call = wxp.requestNeedLogin(s.home())
  call.abort()
  say((await s.outcome(call)).error)
  await s.clock.advance(1_000)
  wxp.logout()
  s.backend.will(LOGIN, failure('request:fail net::ERR_CONNECTION_RESET'))
  await s.ok(home.onLoad())
  s.backend.will(LOGIN, answer(200, { code: 200, data: {} }))
  await s.ok(home.onLoad())
  assert.throws(() => say(new TypeError('ours')), /ours/)
  assert.deepEqual(toasts.map(({ title }) => title), ['网络不给力，请检查后再试', '出错了，请稍后再试'])
  assert.deepEqual(written, ['exchange_bad_answer'])
})

// ---- going live -----------------------------------------------------------------------------------

const [asking, popup] = blocks('docs/en/going-live.md')

once('going live: asking for the privacy agreement', async s => {
  let agrees = true
  assert.equal(await s.ok(run(s, asking, 'agreed', { wxp: s.create() })()), true)
  notes(s, 'requirePrivacyAuthorize', () => { if (!agrees) throw { errMsg: 'requirePrivacyAuthorize:fail privacy permission is not authorized', errno: 104 } })
  const agreed = run(s, asking, 'agreed', { wxp: s.create() })
  assert.equal(await s.ok(agreed()), true)
  agrees = false
  assert.equal(await s.ok(agreed()), false)
})

once('going live: a popup answers all that wait for it', async s => {
  const read = notes(s, 'openPrivacyContract')
  const attach = shown => shown.lifetimes.attached.call(shown)
  // An old base library.
  attach(page(s, popup))
  let ask
  s.phone.wx.onNeedPrivacyAuthorization = listener => { ask = listener }
  const shown = page(s, popup)
  attach(shown)
  const heard = []
  const needs = who => ask(result => heard.push([who, plain(result)]), { referrer: who })
  needs('a')
  needs('b')
  assert.equal(shown.data.shown, true)
  shown.read()
  shown.agree()
  assert.equal(shown.data.shown, false)
  needs('c')
  shown.refuse()
  const seen = { event: 'exposureAuthorization' }, agreed = { event: 'agree', buttonId: 'agree' }
  assert.deepEqual(heard, [['a', seen], ['b', seen], ['a', agreed], ['b', agreed], ['c', seen], ['c', { event: 'disagree' }]])
  assert.equal(read.length, 1)
})

// ---- from elsewhere -------------------------------------------------------------------------------

const [tutorial, weRequest, axiosFile, alovaFile] = blocks('docs/en/migrating.md')

once('migrating: the tutorial', async s => {
  const toasts = notes(s, 'showToast')
  let app
  run(s, tutorial, 'undefined', { App: options => { app = options } })
  await s.ok(app.wxp.requestNeedLogin({ url: '/user/home' }))
  assert.deepEqual(toasts.map(({ title }) => title), ['登录成功了'])
})

once('migrating: weRequest', async s => {
  const { token } = s.backend.issueToken()
  s.backend.will(LOGIN, answer(200, { session: token }))
  const wxp = run(s, weRequest, 'wxp')
  await s.ok(wxp.requestNeedLogin({ url: '/user/home' }))
  assert.ok(s.backend.requests[0].data.js_code)
  s.backend.will('/user/home', answer(200, { errcode: 4 }))
  s.backend.will(LOGIN, answer(200, { session: s.backend.issueToken().token }))
  await s.ok(wxp.requestNeedLogin({ url: '/user/home' }))
  await s.ok(wxp.downloadFileNeedLogin({ url: '/user/report' }))
  assert.equal(s.exchanges, 2)
})

once('migrating: below axios', async s => {
  // What axios gives an adapter, and what it calls there.
  class AxiosError extends Error {
    constructor(message, code, config, request, response) { Object.assign(super(message), { code, response }) }
  }
  const axios = { create: options => options, getUri: ({ url }) => HOME + url, AxiosError }
  const { adapter } = run(s, axiosFile, 'http', { ...imports(await s.start()), axios: { default: axios } })
  const config = { url: '/user/home?name=eva', method: 'get', headers: { toJSON: () => ({ 'X-A': '1' }) }, validateStatus: status => status < 300 }
  const res = await s.ok(adapter(config))
  assert.deepEqual([res.status, res.data.data.name, res.config], [200, 'eva', config])
  assert.equal(s.backend.to('/user/home')[0].args.header['X-A'], '1')
  s.backend.will('/user/home', answer(500, 'down'))
  const { error } = await s.outcome(adapter(config))
  assert.deepEqual([error.code, error.response.status], ['ERR_BAD_RESPONSE', 500])
})

once('migrating: below alova', async s => {
  const { requestAdapter, responded } = run(s, alovaFile, 'alova', { ...imports(await s.start()), alova: { createAlova: options => options } })
  const ask = () => requestAdapter({ url: `${HOME}/user/home?name=eva`, type: 'GET', headers: {} })
  const { response, headers } = ask()
  assert.equal(responded(await s.ok(response())).data.name, 'eva')
  assert.ok((await s.ok(headers())).Date)
  const stopped = ask()
  stopped.abort()
  await s.rejected(stopped.response(), 'aborted')
})

// ---- questions ------------------------------------------------------------------------------------

const [withFallback, container, flag] = blocks('docs/en/faq.md')

once('questions: the fallback', async s => {
  s.wasm.next = [new Error('no'), new Error('no')]
  const kinds = []
  const known = { console: { log: kind => kinds.push(kind) }, 'miniprogram-login-fallback': { default: s.fallback } }
  await s.ok(run(s, withFallback, 'wxp', known).ensureLogin())
  assert.deepEqual(kinds, ['fallback'])
})

once('questions: callContainer', async s => {
  s.phone.wx.cloud = { callContainer: async args => args }
  const call = run(s, container, 'call', { wxp: await s.start() })
  const { header } = await s.ok(call('/a'))
  assert.ok(s.backend.tokens.has(header.Authorization.replace('Bearer ', '')))
})

once('questions: staying logged out', async s => {
  const wxp = await s.active()
  const poll = run(s, flag, 'poll', { wxp })
  assert.equal((await s.ok(poll())).statusCode, 200)
  await s.ok(wxp.logout())
  assert.equal(await s.ok(poll()), undefined)
  await s.ok(wxp.ensureLogin())
  assert.equal((await s.ok(poll())).statusCode, 200)
})

allAreTried()
