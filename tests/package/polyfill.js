// Evaluated inside the sandbox in place of the native Promise: on iOS 15 and older every hop of a
// promise is a setTimeout, so a macro-task of its own.
(function (setTimeout, report) {
  class Promise {
    #state = 'pending'
    #value
    #reactions = []
    #handled = false

    constructor(executor) {
      if (typeof executor !== 'function') throw new TypeError('Promise resolver is not a function')
      const [resolve, reject] = this.#resolvers()
      try {
        executor(resolve, reject)
      } catch (e) {
        reject(e)
      }
    }

    #resolvers() {
      let done = false
      const once = run => value => {
        if (done) return
        done = true
        run(value)
      }
      return [once(value => this.#resolve(value)), once(reason => this.#settle('rejected', reason))]
    }

    #resolve(value) {
      if (value === this) return this.#settle('rejected', new TypeError('Chaining cycle detected for promise'))
      let then
      try {
        then = Object(value) === value ? value.then : undefined
      } catch (e) {
        return this.#settle('rejected', e)
      }
      if (typeof then !== 'function') return this.#settle('fulfilled', value)
      setTimeout(() => {
        const [resolve, reject] = this.#resolvers()
        try {
          then.call(value, resolve, reject)
        } catch (e) {
          reject(e)
        }
      })
    }

    #settle(state, value) {
      this.#state = state
      this.#value = value
      for (const reaction of this.#reactions) setTimeout(reaction)
      this.#reactions = []
      // A promise that adopts this one does so some tasks later.
      if (state === 'rejected' && !this.#handled) setTimeout(() => this.#handled || report(value), 50)
    }

    then(onFulfilled, onRejected) {
      const C = this.constructor === undefined ? Promise : this.constructor[Symbol.species] || Promise
      let resolve, reject
      const next = new C((ok, no) => {
        resolve = ok
        reject = no
      })
      const react = () => {
        const handler = this.#state === 'fulfilled' ? onFulfilled : onRejected
        if (typeof handler !== 'function') return (this.#state === 'fulfilled' ? resolve : reject)(this.#value)
        try {
          resolve(handler(this.#value))
        } catch (e) {
          reject(e)
        }
      }
      this.#handled = true
      if (this.#state === 'pending') this.#reactions.push(react)
      else setTimeout(react)
      return next
    }

    catch(onRejected) {
      return this.then(undefined, onRejected)
    }

    finally(run) {
      const after = run => then => Promise.resolve(run()).then(then)
      return this.then(value => after(run)(() => value), reason => after(run)(() => { throw reason }))
    }

    static get [Symbol.species]() {
      return this
    }

    static resolve(value) {
      return value instanceof Promise && value.constructor === this ? value : new this(resolve => resolve(value))
    }

    static reject(reason) {
      return new this((_, reject) => reject(reason))
    }

    static all(promises) {
      return new this((resolve, reject) => {
        const values = []
        let missing = 1
        const got = () => --missing || resolve(values)
        let count = 0
        for (const promise of promises) {
          const at = count++
          missing++
          this.resolve(promise).then(value => {
            values[at] = value
            got()
          }, reject)
        }
        got()
      })
    }

    static race(promises) {
      return new this((resolve, reject) => {
        for (const promise of promises) this.resolve(promise).then(resolve, reject)
      })
    }
  }
  Object.defineProperty(globalThis, 'Promise', { value: Promise, writable: true, configurable: true })
})
