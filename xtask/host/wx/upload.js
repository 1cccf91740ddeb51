// wx.uploadFile over the simulator's phone side, which sends the form.
import { device } from '../phone/device.js'
import { createEmitter } from '../phone/emitter.js'
import { base64Of, fileOf } from '../phone/files.js'
import { deliver, Failure } from './result.js'
import { ask } from './simulator.js'

export function uploadFile(options) {
  const control = new AbortController()
  const headers = createEmitter()
  const progress = createEmitter()
  let settled = false

  function finish(ok, result) {
    if (settled) return
    settled = true
    deliver(options, ok, result)
  }
  const tell = (sent, total) => {
    if (!settled) progress.emit({ progress: Math.round(sent / total * 100), totalBytesSent: sent, totalBytesExpectedToSend: total })
  }

  async function send() {
    const file = fileOf(options.filePath)
    if (!file) throw new Failure('uploadFile:fail file not found', 600000)
    if (!device.online) throw new Failure('uploadFile:fail -106:net::ERR_INTERNET_DISCONNECTED', 600001)
    const { size } = file.blob
    // What the simulator sends on is not to be seen from here: begun, and done with the answer.
    tell(0, size)
    const { url, header, name, formData, timeout } = options
    const message = { url, header, name, formData, timeout, fileName: file.name, file: await base64Of(file.blob) }
    const result = await ask('uploadFile', message, { signal: control.signal })
    tell(size, size)
    headers.emit({ header: result.header, cookies: result.cookies, statusCode: result.statusCode })
    return result
  }
  send().then((result) => finish(true, result), (error) => {
    if (settled) return
    if (!(error instanceof Failure)) reportError(error)
    finish(false, error.result ?? { errMsg: `uploadFile:fail ${error.message}` })
  })

  return {
    abort() {
      control.abort()
      finish(false, { errMsg: 'uploadFile:fail abort' })
    },
    onProgressUpdate: progress.on,
    offProgressUpdate: progress.off,
    onHeadersReceived: headers.on,
    offHeadersReceived: headers.off,
  }
}
