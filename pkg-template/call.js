// @ts-check
// A call of the app, from its beginning to the one time it settles. What it may do next, the core says,
// in a permit: a number whose low bits are an action (src/request.rs). A request is as cheap as one written by hand: what
// looks odd here was measured (docs/fast-path.md).
import { error } from './error.js'
import { hasCallback } from './promisify.js'

const PLAIN = 0, BEARER = 1, WAIT = 2, REFUSE = 3, DELIVER = 4
const ACTION = 7, JOIN = 8, GENERATION = 5

/** Not entered yet: the core is loading. Then waiting for the session, or out: on the wire or with the user. */
export const NEW = 0, WAITING = 1, OUT = 2, DONE = 3

const CALL = Symbol('call')

// One executor for all promises: it runs before the constructor returns.
let resolver, rejecter
const capture = (resolve, reject) => {
  resolver = resolve
  rejecter = reject
}

/** What every call has. */
export class Call {
  constructor(client) {
    this.client = client
    this.state = NEW
    this.permit = 0
    // Its neighbours among the calls that run: see Client.add.
    this.prev = this.next = null
    /** What wx was given last and has not answered yet. */
    this.sent = null
    this.resolve = this.reject = null
  }

  /** A permit came: do what it says. */
  step(permit) {
    // It may have ended while the core was asked.
    if (this.state === DONE) return
    this.permit = permit
    const action = permit & ACTION
    if (action === WAIT) this.state = WAITING
    else if (action === REFUSE) this.fail(this.client.refusal())
    else this.go()
  }

  settle(value) {
    if (this.end()) this.resolve(value)
  }

  fail(reason) {
    if (this.end()) this.reject(reason)
  }

  /** @returns {boolean} whether it ends just now */
  end() {
    const { prev, next } = this
    if (this.state === DONE) return false
    this.state = DONE
    this.sent = null
    if (next) {
      prev.next = next
      next.prev = prev
      // Or a call that the app keeps would keep all later ones.
      this.prev = this.next = null
    }
    return true
  }
}

/** A call whose promise is a plain one. */
class PromiseCall extends Call {
  constructor(client) {
    super(client)
    this.promise = new Promise(capture)
    this.resolve = resolver
    this.reject = rejecter
  }
}

/** ensureLogin and getToken: go on with the token as soon as there is one. */
export class TokenCall extends PromiseCall {
  enter(core) {
    this.step(core.ensure())
  }

  go() {
    this.settle(this.client.token(this.permit >>> GENERATION).slice(7))
  }
}

/** What the core does by itself and then finishes; see Core.begin in src/wasm/mod.rs. */
export class OpCall extends PromiseCall {
  constructor(client, what, value, tapped) {
    super(client)
    this.what = what
    this.value = value
    this.tapped = tapped || 0
  }

  enter(core) {
    this.state = OUT
    core.begin(this.client.op(this), this.what, this.value, this.tapped)
  }
}

/** requestNeedLogin, uploadFileNeedLogin, downloadFileNeedLogin. */
export class RequestCall {
  constructor(client, api, args) {
    // As in Call. There is no super(): WeChat's compiler makes ES5 of it that takes longer than all the rest of a request.
    this.client = client
    this.state = NEW
    this.permit = 0
    this.prev = this.next = this.sent = null
    this.resolve = this.reject = null
    this.api = api
    this.args = args
    this.task = null
    this.listeners = null
  }

  /** What the app gets: the promise that also is the task, or with callbacks the task alone. */
  handOut() {
    const { args } = this
    if (!hasCallback(args)) {
      const promise = new Promise(capture)
      this.resolve = resolver
      this.reject = rejecter
      return asTask(promise, this)
    }
    // They may run inside a call of the core; what they throw is thrown later.
    this.resolve = res => callBack(args, 'success', res)
    this.reject = err => callBack(args, 'fail', err)
    return asTask({}, this)
  }

  enter(core) {
    const { url, header } = this.args
    const ours = typeof url === 'string' && !ownAuthorization(header)
    this.step(ours && url[0] === '/' ? core.relative(Date.now()) : core.permit(typeof url === 'string' ? url : '', !ours, Date.now()))
  }

  go() {
    const { client, args, permit, api } = this
    const { url, header } = args
    this.state = OUT
    // By hand, as Object.assign takes longer. The header is no literal, which V8 would soon put among the old objects, where it
    // lies until a full collection.
    const sent = this.sent = {}
    for (const name in args) sent[name] = args[name]
    if (permit & JOIN && url && typeof url === 'string') sent.url = client.join(url)
    if ((permit & ACTION) === BEARER) {
      const own = sent.header = {}
      for (const name in header) own[name] = header[name]
      own.Authorization = client.token(permit >>> GENERATION)
    }
    if (client.timeout !== undefined && args.timeout === undefined) sent.timeout = client.timeout
    // wx has been seen to call back twice, and a call may end first.
    sent.success = res => {
      if (this.sent === sent) this.answered(res)
    }
    const fail = sent.fail = err => {
      if (this.sent === sent) this.fail(client.failure(err))
    }
    if (args.complete) sent.complete = undefined
    let task
    try {
      task = client.wx[api](sent)
    } catch (e) {
      return fail({ errMsg: `${api}:fail ${e && e.message}` })
    }
    if (this.sent !== sent) return
    this.task = task
    if (task && this.listeners) for (const [event, fn] of this.listeners) attach(task, 'on' + event, fn)
  }

  answered(res) {
    const { client, permit } = this
    this.sent = this.task = null
    if ((permit & ACTION) === PLAIN) return this.settle(res)
    let judged = -1
    if (client.isUnauthorized) {
      try {
        judged = client.isUnauthorized(res) ? 1 : 0
      } catch (e) {
        return this.fail(client.failure({ hook: 1, errMsg: 'isUnauthorized: ' + (e && e.message || e) }))
      }
      // It may have ended this call, or everything.
      if (this.state !== OUT) return
    }
    const status = Number(res && res.statusCode)
    let next
    try {
      next = client.core.verdict(permit, status, judged)
    } catch (e) {
      return client.trapped(client.instance, e)
    }
    if ((next & ACTION) === DELIVER) this.settle(res)
    else this.step(next)
  }

  abort() {
    const { task } = this
    if (this.state === DONE) return
    this.fail(error('aborted', 'request', { errMsg: this.api + ':fail abort' }))
    if (task) task.abort()
  }

  on(event, fn) {
    (this.listeners = this.listeners || []).push([event, fn])
    attach(this.task, 'on' + event, fn)
  }

  off(event, fn) {
    if (this.listeners) this.listeners = this.listeners.filter(l => l[0] !== event || fn && l[1] !== fn)
    attach(this.task, 'off' + event, fn)
  }
}

Object.setPrototypeOf(RequestCall.prototype, Call.prototype)

function attach(task, method, fn) {
  if (task && task[method]) quietly(() => task[method](fn))
}

/** Runs a function of the app: one that throws changes nothing, least of all inside a call of the core. */
export function quietly(run) {
  try {
    run()
  } catch (e) {
    setTimeout(() => { throw e })
  }
}

function ownAuthorization(header) {
  for (const name in header) if (name.length === 13 && name.toLowerCase() === 'authorization') return true
  return false
}

// The methods of wx's task: one function each for all calls, and properties of the promise's own, as engines are
// slow about `then` of a promise whose prototype is not Promise's.
const listen = event => function (fn) { this[CALL].on(event, fn) }
const unlisten = event => function (fn) { this[CALL].off(event, fn) }
const onHeadersReceived = listen('HeadersReceived'), offHeadersReceived = unlisten('HeadersReceived')
const onChunkReceived = listen('ChunkReceived'), offChunkReceived = unlisten('ChunkReceived')
const onProgressUpdate = listen('ProgressUpdate'), offProgressUpdate = unlisten('ProgressUpdate')

function abort() {
  this[CALL].abort()
}

function asTask(target, call) {
  target[CALL] = call
  target.abort = abort
  target.onHeadersReceived = onHeadersReceived
  target.offHeadersReceived = offHeadersReceived
  target.onChunkReceived = onChunkReceived
  target.offChunkReceived = offChunkReceived
  target.onProgressUpdate = onProgressUpdate
  target.offProgressUpdate = offProgressUpdate
  return target
}

function callBack(args, name, result) {
  for (const key of [name, 'complete']) quietly(() => typeof args[key] === 'function' && args[key](result))
}
