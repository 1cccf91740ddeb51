// @ts-check
// A call of the app, from its beginning to the one time it settles. What it may do next, the core says,
// in a permit: a number whose low bits are an action (src/request.rs).
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
    this.promise = new Promise(capture)
    this.resolve = resolver
    this.reject = rejecter
  }

  /** A permit came: do what it says. */
  step(permit) {
    // It may have ended while the core was asked.
    if (this.state === DONE) return
    this.permit = permit
    const action = permit & ACTION
    if (action === WAIT) this.state = WAITING
    else if (action === REFUSE) this.fail(this.client.refusal())
    else if (action === DELIVER) this.settle(this.answer)
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
    if (this.state === DONE) return false
    this.state = DONE
    this.client.running.delete(this)
    return true
  }
}

/** ensureLogin and getToken: go on with the token as soon as there is one. */
export class TokenCall extends Call {
  enter(core) {
    this.step(core.ensure())
  }

  go() {
    this.settle(this.client.token(this.permit >>> GENERATION))
  }
}

/** What the core does by itself and then finishes; see Core.begin in src/wasm/mod.rs. */
export class OpCall extends Call {
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
export class RequestCall extends Call {
  constructor(client, api, args) {
    super(client)
    this.api = api
    this.args = args || {}
    this.task = null
    this.listeners = null
    this.answer = undefined
  }

  enter(core) {
    const { url, header } = this.args
    const ours = typeof url === 'string' && !ownAuthorization(header)
    this.step(core.permit(String(url), !ours, Date.now()))
  }

  go() {
    const { client, args, permit, api } = this
    this.state = OUT
    const sent = Object.assign({}, args)
    if (permit & JOIN && args.url) sent.url = client.join(args.url)
    if ((permit & ACTION) === BEARER) sent.header = Object.assign({}, args.header, { Authorization: 'Bearer ' + client.token(permit >>> GENERATION) })
    if (client.timeout !== undefined && args.timeout === undefined) sent.timeout = client.timeout
    // wx has been seen to call back twice.
    let open = true
    sent.success = res => {
      if (open && this.state === OUT) {
        open = false
        this.answered(res)
      }
    }
    sent.fail = err => {
      if (open && this.state === OUT) {
        open = false
        this.broke(err)
      }
    }
    if (args.complete) sent.complete = undefined
    let task
    try {
      task = client.wx[api](sent)
    } catch (e) {
      return sent.fail({ errMsg: `${api}:fail ${e && e.message}` })
    }
    if (!open || this.state !== OUT) return
    this.task = task
    if (task && this.listeners) for (const [event, fn] of this.listeners) attach(task, 'on' + event, fn)
  }

  answered(res) {
    const { client, permit } = this
    this.task = null
    if ((permit & ACTION) === PLAIN) return this.settle(res)
    let judged = -1
    if (client.isUnauthorized) {
      try {
        judged = client.isUnauthorized(res) ? 1 : 0
      } catch (e) {
        return this.fail(client.failure({ hook: 1, errMsg: 'isUnauthorized: ' + (e && e.message || e) }))
      }
    }
    // The app's function may have ended this call, or everything.
    if (this.state !== OUT) return
    this.answer = res
    let next
    try {
      next = client.core.verdict(permit, Number(res.statusCode), judged, Date.now())
    } catch (e) {
      return client.trapped(client.instance, e)
    }
    this.step(next)
  }

  broke(err) {
    this.task = null
    this.fail(this.client.failure(err))
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

function attach(task, method, fn) {
  if (task && task[method]) task[method](fn)
}

function ownAuthorization(header) {
  for (const name in header) if (name.length === 13 && name.toLowerCase() === 'authorization') return true
  return false
}

// The methods of wx's task. They stand on a prototype shared by all promises, so that a call costs no closures;
// `then` still gives plain promises, since the constructor found on that prototype is Promise.
const taskMethods = { abort: { value() { this[CALL].abort() } } }
for (const event of ['HeadersReceived', 'ChunkReceived', 'ProgressUpdate']) {
  taskMethods['on' + event] = { value(fn) { this[CALL].on(event, fn) } }
  taskMethods['off' + event] = { value(fn) { this[CALL].off(event, fn) } }
}
const promiseWithTask = Object.create(Promise.prototype, taskMethods)
const taskAlone = Object.create(Object.prototype, taskMethods)

/** What the app gets for a request: the promise that also is its task, or with callbacks the task alone. */
export function handOut(call) {
  const { args, promise } = call
  if (!hasCallback(args)) {
    promise[CALL] = call
    return Object.setPrototypeOf(promise, promiseWithTask)
  }
  // The app's functions run outside the core's calls, where one that throws disturbs nobody.
  call.resolve = res => callBack(args, 'success', res)
  call.reject = err => callBack(args, 'fail', err)
  const task = Object.create(taskAlone)
  task[CALL] = call
  return task
}

function callBack(args, name, result) {
  for (const key of [name, 'complete']) {
    try {
      if (typeof args[key] === 'function') args[key](result)
    } catch (e) {
      setTimeout(() => { throw e })
    }
  }
}
