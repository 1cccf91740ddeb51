// @ts-check
// Nobody calls in while the core is at work (rule 20). What it orders goes to one queue, first in,
// first out. When the outermost call into it has returned, the executor runs to its end, then one
// entry, and so on.

const entries = []
let executor, atWork = false, draining = false

/** The executor wants to run. */
export const schedule = run => { executor = run }

/** Queues an entry: at the latest, it has run when the outermost call returns. */
export function later(entry) {
  entries.push(entry)
  drain()
}

/** Makes `own`, which leads into the core, a door: a trap in it is told to `onTrap`. */
export const door = (own, onTrap) => function (a, b, c) {
  const outer = atWork
  atWork = true
  try {
    return own.call(this, a, b, c)
  } catch (e) {
    return onTrap(e)
  } finally {
    atWork = outer
    drain()
  }
}

function drain() {
  if (atWork || draining || !executor && !entries.length) return
  draining = true
  for (let next = 0; executor || next < entries.length;) {
    const run = executor || entries[next++]
    executor = undefined
    quietly(run)
  }
  entries.length = 0
  draining = false
}

/** Runs what may be the app's: if it throws, the app hears of it, and all else goes on. */
export function quietly(run) {
  try {
    run()
  } catch (e) {
    setTimeout(() => { throw e })
  }
}
