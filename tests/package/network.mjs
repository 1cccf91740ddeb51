// The phone's network stack: wx.request, wx.uploadFile and wx.downloadFile with their tasks.

const CONCURRENT = 10
const EVENTS = { request: ['HeadersReceived', 'ChunkReceived'], uploadFile: ['HeadersReceived', 'ProgressUpdate'], downloadFile: ['HeadersReceived', 'ProgressUpdate'] }

export function network(phone) {
  const { clock, backend } = phone
  const active = new Set()
  const queued = []

  const end = (call, name, result) => {
    if (call.over) return
    call.over = true
    active.delete(call)
    phone.callBack(call.args, name, result, undefined, call.tapped && call.api !== 'uploadFile')
    const next = queued.shift()
    if (next) send(next)
  }
  const fail = (call, failed) => end(call, 'fail', phone.failed(failed))

  const send = call => {
    if (call.over) return
    if (active.size >= CONCURRENT) return void queued.push(call)
    active.add(call)
    const { api, request } = call
    if (phone.suspended) return fail(call, { errMsg: `${api}:fail interrupted`, errno: 600003 })
    const got = backend.respond(request)
    if (got.never) return
    const arrive = () => {
      if (call.over) return
      request.answered = true
      if (got.fail) return fail(call, { ...got.fail, errMsg: got.fail.errMsg.replace(/^request:/, `${api}:`) })
      const date = new Date(clock.now() + backend.ahead).toUTCString()
      const header = {}
      for (const [name, value] of Object.entries({ Date: date, 'Content-Type': 'application/json', ...got.header })) header[phone.headerCase(name)] = value
      call.hear('HeadersReceived', { header, statusCode: got.status, cookies: [] })
      if (api === 'request') call.hear('ChunkReceived', { data: new ArrayBuffer(1) })
      else call.hear('ProgressUpdate', { progress: 100 })
      const data = api === 'uploadFile' ? JSON.stringify(got.data) : got.data
      end(call, 'success', { data: api === 'downloadFile' ? undefined : data, statusCode: got.status, header, cookies: [], errMsg: `${api}:ok`, ...(api === 'downloadFile' && { tempFilePath: 'http://tmp/1' }) })
    }
    if (phone.callbacks === 'sync' && got.after === undefined) arrive()
    else clock.set(arrive, got.after === undefined ? 10 : got.after)
  }

  const api = name => args => {
    phone.note(name, { ...args })
    const listeners = new Map()
    const call = { api: name, args, tapped: phone.tapped, over: false, hear: (event, result) => (listeners.get(event) || []).forEach(fn => fn(result)) }
    call.request = record(name, args, clock.now())
    const task = {
      abort() {
        phone.onCall(`abort of ${name}`)
        if (call.over) return
        call.request.aborted = true
        fail(call, { errMsg: `${name}:fail abort` })
      },
    }
    for (const event of EVENTS[name]) {
      task['on' + event] = fn => void listeners.set(event, [...(listeners.get(event) || []), fn])
      task['off' + event] = fn => void listeners.set(event, (listeners.get(event) || []).filter(other => fn && other !== fn))
    }
    const url = parse(args.url)
    if (!url) fail(call, { errMsg: `${name}:fail invalid url "${args.url}"`, errno: 600009 })
    else send(call)
    return task
  }

  return {
    api: { request: api('request'), uploadFile: api('uploadFile'), downloadFile: api('downloadFile') },
    /** 5 s after the app went to the background. */
    interrupt() {
      for (const call of [...active, ...queued]) fail(call, { errMsg: `${call.api}:fail interrupted`, errno: 600003 })
    },
    /** Wi-Fi to mobile data on iOS. */
    change() {
      for (const call of [...active]) fail(call, { errMsg: `${call.api}:fail errcode:10011 cronet_error_code:0 error_msg:network change, cancel all task`, errno: 600001 })
    },
    /** The app was killed: nobody is left to hear an answer. */
    drop() {
      for (const call of [...active, ...queued]) call.over = true
      active.clear()
      queued.length = 0
    },
  }
}

function parse(url) {
  try {
    return new URL(url)
  } catch (e) {
    return null
  }
}

/** What arrives at the server. */
function record(api, args, at) {
  const url = parse(args.url)
  const header = {}
  for (const name in args.header) header[name.toLowerCase()] = args.header[name]
  const bearer = /^Bearer (.*)$/.exec(header.authorization || '')
  const origin = url && url.origin
  return {
    api, args, at, header, origin, url: args.url, path: url ? url.pathname : '', query: url ? url.searchParams : new URLSearchParams(),
    method: args.method || 'GET', data: args.data, timeout: args.timeout, filePath: args.filePath,
    authorization: header.authorization, bearer: bearer && bearer[1], aborted: false, answered: false,
  }
}
