// wx.request over the simulator's phone side, which makes the real HTTP call.
import { device } from '../phone/device.js'
import { createEmitter } from '../phone/emitter.js'
import { bytesOf } from '../phone/files.js'
import { deliver, Failure } from './result.js'
import { ask, askInChunks } from './simulator.js'

const PARALLEL = 10
const INTERRUPT_AFTER = 5000
const METHODS = ['OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'CONNECT']

const running = new Set()
const queue = []
const unfinished = new Set()
let interruption

device.appHide.on(() => {
  interruption = setTimeout(() => unfinished.forEach((task) => task.fail('interrupted', 600003)), INTERRUPT_AFTER)
})
device.appShow.on(() => clearTimeout(interruption))

function next() {
  while (queue.length && running.size < PARALLEL) queue.shift()()
}

const headerOf = (header, name) => Object.entries(header).find(([key]) => key.toLowerCase() === name)?.[1]

const encode = (fields) => Object.entries(fields).map((pair) => pair.map(encodeURIComponent).join('=')).join('&')

/** The url and body as wx makes them of `data`: a query for GET, JSON or a form otherwise. */
function payload({ url, data, method, header }) {
  if (data === undefined || data === null || typeof data === 'string') return { url, data: data ?? undefined }
  if (data instanceof ArrayBuffer) throw new Failure('request:fail this host sends no ArrayBuffer', 600010)
  if (method === 'GET' || method === 'HEAD') {
    const query = encode(data)
    return { url: query ? url + (url.includes('?') ? '&' : '?') + query : url }
  }
  const type = headerOf(header, 'content-type') ?? ''
  return { url, data: type.includes('x-www-form-urlencoded') ? encode(data) : JSON.stringify(data) }
}

function messageOf(options) {
  const method = String(options.method ?? 'GET').toUpperCase()
  const header = options.header ?? {}
  if (!METHODS.includes(method)) throw new Failure(`request:fail invalid method ${method}`, 600005)
  if (!/^https?:\/\/[^/]/.test(options.url)) throw new Failure(`request:fail invalid url "${options.url}"`, 600009)
  if (options.responseType === 'arraybuffer') throw new Failure('request:fail this host gives no ArrayBuffer', 600005)
  const hasType = headerOf(header, 'content-type') !== undefined
  return {
    ...payload({ ...options, method, header }),
    method,
    header: hasType ? header : { 'content-type': 'application/json', ...header },
    dataType: options.dataType ?? 'json',
    timeout: options.timeout ?? 60000,
  }
}

export function request(options) {
  const control = new AbortController()
  const headers = createEmitter()
  const chunks = createEmitter()
  const task = {}
  let settled = false
  let deadline

  function finish(ok, result) {
    if (settled) return
    settled = true
    clearTimeout(deadline)
    unfinished.delete(task)
    running.delete(task)
    deliver(options, ok, result)
    next()
  }
  task.fail = (text, errno) => {
    control.abort()
    finish(false, errno === undefined ? { errMsg: `request:fail ${text}` } : { errMsg: `request:fail ${text}`, errno })
  }

  /** Tells head and chunks as they come; resolves with the end, which has no data of its own. */
  async function chunked(message, signal) {
    let head
    const end = await askInChunks({ ...message, enableChunked: true }, { signal }, (line) => {
      if (settled) return
      if (line.chunk !== undefined) return chunks.emit({ data: bytesOf(line.chunk).buffer })
      head = line
      headers.emit(line)
    })
    return { ...head, data: '', ...end }
  }

  async function send() {
    if (settled) return
    running.add(task)
    try {
      const message = messageOf(options)
      if (!device.online) throw new Failure('request:fail -106:net::ERR_INTERNET_DISCONNECTED', 600001)
      deadline = setTimeout(() => task.fail('timeout', 5), message.timeout)
      const { signal } = control
      if (options.enableChunked) {
        finish(true, await chunked(message, signal))
        return
      }
      const result = await ask('request', message, { signal })
      if (settled) return
      headers.emit({ header: result.header, cookies: result.cookies, statusCode: result.statusCode })
      finish(true, result)
    } catch (error) {
      if (settled) return
      if (!(error instanceof Failure)) reportError(error)
      finish(false, error.result ?? { errMsg: `request:fail ${error.message}`, errno: 600000 })
    }
  }

  unfinished.add(task)
  queue.push(send)
  next()
  return {
    abort: () => task.fail('abort'),
    onHeadersReceived: headers.on,
    offHeadersReceived: headers.off,
    onChunkReceived: chunks.on,
    offChunkReceived: chunks.off,
  }
}
