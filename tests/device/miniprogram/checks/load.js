// Loads the package's module by a path, and has it log in and send a request.
const { options } = require('./local.js')
const { problem, shape } = require('./tell.js')

/** Calls that wait at once, so that the module needs more memory than it comes with. */
const WAITING = 2000

/** One copy of the package, and what is seen of its module. */
class Load {
  /** `sdk` is the package; it begins to load at once. */
  constructor(sdk, wasmPath) {
    this.sdk = sdk
    const instantiate = (path, imports) => WXWebAssembly.instantiate(path, imports).then(result => {
      const { exports } = result.instance || result
      this.memory = exports.memory
      this.result = `${shape(result, 1)}, exports ${shape(exports, 0)}, memory ${shape(exports.memory, 0)}`
      return result
    })
    this.options = Object.assign({ WXWebAssembly: { instantiate } }, wasmPath && { wasmPath })
    const began = Date.now()
    this.wxp = this.create()
    this.loadMs = this.wxp.ready.then(() => Date.now() - began)
    this.loadMs.catch(() => {})
  }

  /** `own` are functions of wx to use. */
  create(own) { return this.sdk.createWxp(options({ own, options: this.options })) }

  /** Resolves with what was seen, `ok` among it; never rejects. */
  async seen() {
    const seen = { ok: false }
    try {
      seen.ready = await this.wxp.ready
      seen.loadMs = await this.loadMs
      const { statusCode } = await this.wxp.requestNeedLogin({ url: '/home' })
      seen.ok = statusCode === 200
      seen.memory = await this.grow()
    } catch (e) {
      seen.problem = problem(e)
    }
    this.wxp.dispose()
    return Object.assign(seen, { result: this.result })
  }

  /** Bytes of the instance's memory before many calls wait for a login, and while they do. */
  async grow() {
    const before = this.memory.buffer.byteLength
    const wxp = this.create({ login() {} })
    await wxp.ready
    for (let i = 0; i < WAITING; i++) wxp.requestNeedLogin({ url: '/waiting' }).catch(() => {})
    await new Promise(resolve => setTimeout(resolve, 50))
    const during = this.memory.buffer.byteLength
    wxp.dispose()
    return { before, during }
  }
}

module.exports = { Load }
