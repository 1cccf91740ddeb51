// @ts-check
// What a call hands out beside its promise: the methods of wx's task, and what they tell.
import { quietly } from './queue.js'

const CALL = Symbol('call')

// One function each for all calls, and properties of the promise's own, as engines are slow about
// `then` of a promise whose prototype is not Promise's.
const listen = event => function (fn) { this[CALL].on(event, fn) }
const unlisten = event => function (fn) { this[CALL].off(event, fn) }
const onHeadersReceived = listen('HeadersReceived'), offHeadersReceived = unlisten('HeadersReceived')
const onChunkReceived = listen('ChunkReceived'), offChunkReceived = unlisten('ChunkReceived')
const onProgressUpdate = listen('ProgressUpdate'), offProgressUpdate = unlisten('ProgressUpdate')
function abort() { this[CALL].abort() }

/** Makes `target` a task, whose methods go to `call`. */
export function asTask(target, call) {
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

/** Calls a method of wx's task, which old clients and other hosts of wx may lack. */
export function tell(task, method, fn) {
  if (task && task[method]) quietly(() => task[method](fn))
}

/** A call whose task is wx's own. */
export class WxTask {
  constructor(task) { this.task = task }
  abort() { tell(this.task, 'abort') }
  on(event, fn) { tell(this.task, 'on' + event, fn) }
  off(event, fn) { tell(this.task, 'off' + event, fn) }
}

/**
 * One attempt of a call, as wx's task tells of it: the app's listeners hear that, but nothing of an
 * attempt of a stream that is refused (rule 11). `isRefused(status)` is asked if the attempt may be.
 */
export class Attempt {
  constructor(call, task, isRefused) {
    this.call = call
    this.task = task
    /** Until the first event. */
    this.isRefused = isRefused
    this.refused = false
    this.events = []
  }

  listen(event) {
    if (this.events.includes(event)) return
    this.events.push(event)
    tell(this.task, 'on' + event, res => this.hear(event, res))
  }

  hear(event, res) {
    const { call, isRefused } = this
    // Aborted, or followed by another.
    if (call.attempt !== this) return
    this.isRefused = null
    // DevTools gives no status.
    if (isRefused) this.refused = event === 'HeadersReceived' && !!res && !!res.statusCode && isRefused(res.statusCode)
    if (this.refused) return
    for (const [name, fn] of call.listeners) if (name === event) quietly(() => fn(res))
  }
}
