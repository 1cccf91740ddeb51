// What WeChat gives to a mini program, as far as the SDK needs it. Whatever is missing here is done
// without. 微信提供给小程序的东西，只写 SDK 用到的；没有的函数 SDK 会跳过。
const { readFileSync } = require('node:fs')
const { brotliDecompressSync } = require('node:zlib')

const MODULE = require.resolve('miniprogram-login/miniprogram_login.wasm.br')

/** WeChat's loader, over Node's. 微信的加载函数，用 Node 的代替。 */
exports.WXWebAssembly = {
  instantiate: (path, imports) => WebAssembly.instantiate(brotliDecompressSync(readFileSync(MODULE)), imports),
}

/** `server(args)` gives the answer to wx.request, `{ statusCode, data }`. 返回服务器的应答。 */
exports.fakeWx = function (server) {
  const storage = new Map()
  let codes = 0
  return {
    login: ({ success }) => success({ code: `code-${++codes}`, errMsg: 'login:ok' }),
    request(args) {
      setTimeout(() => args.success({ header: {}, cookies: [], errMsg: 'request:ok', ...server(args) }))
      return { abort() {} }
    },
    getStorageSync: key => storage.get(key) || '',
    setStorageSync: (key, data) => void storage.set(key, data),
    removeStorageSync: key => void storage.delete(key),
  }
}

/** Loads a page's file and gives its instance. 加载页面文件，返回页面实例。 */
exports.open = function (file, app) {
  let page
  global.getApp = () => app
  global.Page = definition => {
    page = { ...definition, setData(data) { Object.assign(this.data, data) } }
  }
  delete require.cache[require.resolve(file)]
  require(file)
  return page
}
