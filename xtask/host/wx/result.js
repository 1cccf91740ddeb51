// The calling convention of wx: an options object with success, fail and complete,
// or a promise without them.
import { guard } from '../phone/emitter.js'

/** A failure of a wx API, e.g. `login:fail timeout`. */
export class Failure extends Error {
  constructor(errMsg, errno) {
    super(errMsg)
    this.result = errno === undefined ? { errMsg } : { errMsg, errno }
  }
}

/** Calls back in a task of its own, so that no tap state and no caller's stack is left. */
export function deliver(options, ok, result) {
  setTimeout(() => {
    guard(() => (ok ? options.success?.(result) : options.fail?.(result)))
    guard(() => options.complete?.(result))
  })
}

/**
 * Makes an asynchronous API of `run`, which is called at once and returns or resolves
 * the result's fields.
 */
export function api(name, run) {
  return (options = {}) => {
    const outcome = new Promise((resolve) => resolve(run(options))).then(
      (fields) => [true, { errMsg: `${name}:ok`, ...fields }],
      (error) => {
        if (!(error instanceof Failure)) reportError(error)
        return [false, error.result ?? { errMsg: `${name}:fail ${error.message}` }]
      },
    )
    if (options.success || options.fail || options.complete) {
      outcome.then(([ok, result]) => deliver(options, ok, result))
      return undefined
    }
    return outcome.then(([ok, result]) => (ok ? result : Promise.reject(result)))
  }
}
