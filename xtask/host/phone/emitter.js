/** The on/off pairs of wx: `off` without a listener removes all. */
export function createEmitter() {
  const listeners = new Set()
  return {
    on: (listener) => void listeners.add(listener),
    off: (listener) => void (listener ? listeners.delete(listener) : listeners.clear()),
    emit: (...args) => [...listeners].forEach((listener) => guard(() => listener(...args))),
  }
}

/**
 * Runs the mini program's code; what it throws is reported as a page error and stops
 * nothing of the host.
 */
export function guard(run) {
  try {
    return run()
  } catch (error) {
    reportError(error)
  }
}
