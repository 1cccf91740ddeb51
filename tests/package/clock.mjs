// Virtual time: what is due runs only when a test moves the clock, one macro-task at a time, so
// that no test sleeps and every run takes the same course.

const LONGEST = 2 ** 31 - 1

/** Lets all microtasks run, those that they cause included. */
export const drain = () => new Promise(setImmediate)

export class Clock {
  constructor(now = Date.UTC(2026, 10, 22)) {
    this.time = now
    this.skew = 0
    this.queue = []
    this.last = 0
    /** Called before every macro-task. */
    this.onTask = () => {}
    this.onThrow = e => { throw e }
  }

  /** What Date.now() says. */
  now() {
    return this.time + this.skew
  }

  /** Sets the phone's wall clock; timers keep their delays. */
  jump(ms) {
    this.skew += ms
  }

  set(run, ms = 0) {
    // As in every engine: a delay that does not fit 31 bits fires at once.
    const delay = ms > LONGEST || !(ms > 0) ? 0 : ms
    this.queue.push({ id: ++this.last, at: this.time + delay, run })
    return this.last
  }

  clear(id) {
    this.queue = this.queue.filter(timer => timer.id !== id)
  }

  /** A killed app takes its timers along. */
  empty() {
    this.queue = []
  }

  /**
   * Runs the next macro-task that is due by `until`.
   * @returns {Promise<boolean>} whether there was one
   */
  async turn(until = Infinity) {
    await drain()
    const next = this.queue.reduce((first, timer) => (!first || timer.at < first.at ? timer : first), null)
    if (!next || next.at > until) return false
    this.clear(next.id)
    this.time = Math.max(this.time, next.at)
    this.onTask()
    try {
      next.run()
    } catch (e) {
      this.onThrow(e)
    }
    await drain()
    return true
  }

  async advance(ms) {
    const until = this.time + ms
    while (await this.turn(until));
    this.time = until
  }

  /** The JavaScript thread stands still, as in the background: what falls due runs afterwards. */
  suspend(ms) {
    this.time += ms
  }
}
