// Every function of wx on wxp: a promise iff its official type takes callbacks, all else as it is.
import assert from 'node:assert/strict'
import { failure, HOME } from './backend.mjs'
import { freeze, once, scenario } from './scenario.mjs'
import { fails } from './wx.mjs'

scenario('wx: functions with callbacks become promises of wx\'s own result object', async s => {
  const wxp = s.create()
  const result = await s.ok(wxp.scanCode({ onlyFromCamera: true }))
  assert.deepEqual([result.result, result.errMsg], ['42', 'scanCode:ok'])
  assert.equal(s.phone.calls.filter(({ api }) => api === 'scanCode').pop().args.onlyFromCamera, true)
  assert.ok((await s.ok(wxp.login())).code)
  assert.equal((await s.ok(wxp.checkSession())).errMsg, 'checkSession:ok')
  assert.equal((await s.ok(wxp.getSystemInfo())).platform, 'android')
  assert.ok(wxp.getSetting({}) instanceof s.sandbox.global.Promise)
})

once('wx: every argument is passed on, with a promise and with callbacks', async s => {
  const wxp = s.create()
  const seen = []
  s.phone.wx.canvasToTempFilePath = (options, ...rest) => {
    seen.push(rest)
    options.success({ tempFilePath: 'a' })
  }
  const component = {}
  assert.equal((await s.ok(wxp.canvasToTempFilePath({ canvasId: 'c' }, component, 1))).tempFilePath, 'a')
  wxp.canvasToTempFilePath({ canvasId: 'c', success() {} }, component, 1)
  assert.deepEqual(seen, [[component, 1], [component, 1]])
  assert.ok(seen.every(([given]) => given === component))
})

scenario('wx: they reject with wx\'s own result object', async s => {
  const wxp = s.create()
  s.phone.will('scanCode', fails('scanCode:fail cancel', 1))
  const { ok, error } = await s.outcome(wxp.scanCode())
  assert.equal(ok, false)
  assert.deepEqual([error.errMsg, error.errno, error.name], ['scanCode:fail cancel', 1, undefined])
})

scenario('wx: request, uploadFile and downloadFile become promises too, without login', async s => {
  const wxp = s.create()
  const args = freeze({ url: 'https://api.example.com/user/home' })
  assert.equal((await s.ok(wxp.request(args))).statusCode, 401)
  assert.equal((await s.ok(wxp.downloadFile(args))).statusCode, 401)
  assert.equal((await s.ok(wxp.uploadFile({ ...args, filePath: 'a', name: 'f' }))).statusCode, 401)
  s.backend.will('/user/home', failure('request:fail timeout', 5))
  assert.equal((await s.outcome(wxp.request(args))).error.errMsg, 'request:fail timeout')
  assert.equal(s.logins, 0)
})

scenario('wx: wxp is an object like others', async s => {
  const wxp = s.create()
  assert.deepEqual([wxp.hasOwnProperty('getToken'), wxp.hasOwnProperty('nothing'), 'scanCode' in wxp, 'nothing' in wxp], [true, false, true, false])
  assert.equal(String(wxp), '[object Object]')
})

scenario('wx: a call that brings a callback behaves exactly as wx\'s own', async s => {
  const wxp = s.create()
  const heard = []
  const args = freeze({ success: res => heard.push(['success', res.errMsg]), complete: () => heard.push(['complete']) })
  assert.equal(wxp.scanCode(args), undefined)
  const task = wxp.request({ url: 'https://api.example.com/x', complete: () => heard.push(['request']) })
  assert.equal(typeof task.abort, 'function')
  assert.equal(task.then, undefined)
  await s.clock.advance(1_000)
  const names = heard.map(([name]) => name)
  for (const name of ['success', 'complete', 'request']) assert.ok(names.includes(name))
  if (s.mode.callbacks !== 'twice') assert.equal(heard.length, 3)
})

once('wx: synchronous functions, listeners and values are passed through, bound to wx', async s => {
  const wxp = s.create()
  const { wx } = s.phone
  wx.whoAmI = function () { return this }
  assert.equal(wxp.whoAmI(), wx)
  assert.equal(wxp.canIUse('request.object.method.PATCH'), true)
  assert.equal(wxp.getSystemInfoSync().platform, 'android')
  wxp.setStorageSync('k', { a: 1 })
  assert.equal(wxp.getStorageSync('k').a, 1)
  assert.equal(wxp.createSelectorQuery().select('#a').selector, '#a')
  assert.equal(wxp.env, wx.env)
  const listener = () => {}
  assert.equal(wxp.onMemoryWarning(listener), undefined)
  assert.deepEqual(s.phone.heard.get('MemoryWarning'), [listener])
})

once('wx: the list is that of the official typings, not a guess from names', async s => {
  const { Promise } = s.sandbox.global
  const wxp = s.create()
  const { wx } = s.phone
  const takesCallbacks = ['getUserProfile', 'chooseImage', 'setStorage', 'getLocation', 'navigateTo', 'requestPayment', 'authorize', 'getImageInfo', 'openDocument', 'startPullDownRefresh', 'setNavigationBarTitle']
  const takesNone = ['connectSocket', 'createInnerAudioContext', 'getFileSystemManager', 'createCanvasContext', 'nextTick', 'getUpdateManager', 'onNetworkStatusChange', 'offAppShow', 'createIntersectionObserver', 'getRecorderManager', 'arrayBufferToBase64', 'getMenuButtonBoundingClientRect', 'reportEvent']
  for (const name of [...takesCallbacks, ...takesNone]) wx[name] = () => `${name} itself`
  for (const name of takesCallbacks) assert.ok(wxp[name]({}) instanceof Promise, name)
  for (const name of takesNone) assert.equal(wxp[name]({}), `${name} itself`, name)
})

once('wx: what gives a task gives a promise that is the task too', async s => {
  const { Promise } = s.sandbox.global
  const wxp = s.create()
  const heard = []
  for (const [name, args, event] of [
    ['request', { url: HOME }, 'HeadersReceived'],
    ['request', { url: HOME }, 'ChunkReceived'],
    ['uploadFile', { url: HOME, filePath: 'a', name: 'f' }, 'ProgressUpdate'],
    ['downloadFile', { url: HOME }, 'ProgressUpdate'],
  ]) {
    const call = wxp[name](freeze(args))
    assert.ok(call instanceof Promise, name)
    const off = () => heard.push('off')
    call['on' + event](() => heard.push(event))
    call['on' + event](off)
    call['off' + event](off)
    if (s.phone.callbacks !== 'sync') await s.ok(call)
  }
  assert.deepEqual(heard, ['HeadersReceived', 'ChunkReceived', 'ProgressUpdate', 'ProgressUpdate'])
  const call = wxp.request({ url: HOME })
  call.abort()
  const { error } = await s.outcome(call)
  assert.deepEqual([error.errMsg, error.name], ['request:fail abort', undefined])
})

once('wx: the task of a preDownloadSubpackage, of other hosts and of none at all', async s => {
  const wxp = s.create(), { wx } = s.phone
  const given = { onProgressUpdate: fn => fn({ progress: 5 }) }
  wx.preDownloadSubpackage = args => (args.success({ errMsg: 'preDownloadSubpackage:ok' }), given)
  const heard = []
  const call = wxp.preDownloadSubpackage({ packageType: 'workers' })
  call.onProgressUpdate(res => heard.push(res.progress))
  call.abort()
  await s.ok(call)
  assert.deepEqual(heard, [5])
  wx.request = ({ fail }) => fail({ errMsg: 'request:fail' })
  const without = wxp.request({ url: HOME })
  without.onHeadersReceived(() => assert.fail())
  without.abort()
  assert.equal((await s.outcome(without)).error.errMsg, 'request:fail')
  wx.request = () => { throw new TypeError('no') }
  const threw = wxp.request()
  threw.abort()
  assert.equal((await s.outcome(threw)).error.message, 'no')
})

once('wx: connectSocket gives the SocketTask of wx itself, with callbacks and without', async s => {
  const wxp = s.create()
  const socket = { send() {}, close() {}, onOpen() {} }
  s.phone.wx.connectSocket = () => socket
  assert.equal(wxp.connectSocket({ url: 'wss://api.example.com' }), socket)
  assert.equal(wxp.connectSocket({ url: 'wss://api.example.com', success() {} }), socket)
})

once('wx: what is newer than the list is passed through untouched', async s => {
  const wxp = s.create()
  const seen = []
  s.phone.wx.someApiOf2030 = function (args) {
    seen.push([this, args])
    return 'its own answer'
  }
  const args = {}
  assert.equal(wxp.someApiOf2030(args), 'its own answer')
  assert.deepEqual(seen, [[s.phone.wx, args]])
  assert.equal(seen[0][1], args)
  assert.equal('someApiOf2030' in wxp, true)
  assert.equal('noSuchApi' in wxp, false)
  assert.equal(wxp.noSuchApi, undefined)
})

once('wx: functions are looked up when they are used, and are the same each time', async s => {
  const touched = []
  const wx = new Proxy(s.phone.wx, { get: (target, name) => (touched.push(name), target[name]) })
  const { createWxp } = s.sandbox.package
  const wxp = createWxp({ ...s.options(), wx })
  assert.ok(touched.length < 20, `createWxp reads ${touched.length} properties of wx`)
  assert.equal(wxp.scanCode, wxp.scanCode)
  s.phone.wx.scanCode = args => args.success({ result: 'patched' })
  assert.equal((await s.ok(wxp.scanCode())).result, 'patched')
  wxp.dispose()
})

once('wx: a getUserProfile by hand is a promise like the others', async s => {
  const wxp = s.create()
  const res = await s.ok(s.phone.tap(() => wxp.getUserProfile({ desc: 'x' })))
  assert.equal(res.userInfo.nickName, 'Band')
})

once('wxp is no thenable and can be inspected, listed and held in App({wxp})', async s => {
  const wxp = s.create()
  assert.equal(wxp.then, undefined)
  const app = { wxp }
  assert.equal(app.wxp, wxp)
  assert.ok(Object.keys(wxp).includes('requestNeedLogin'))
  assert.equal(await s.ok(s.sandbox.global.Promise.resolve(wxp).then(got => got === wxp)), true)
})
