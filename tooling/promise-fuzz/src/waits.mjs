/**
 * What programs call: waits for the loop and for others, pieces of code side by side, and what other libraries do with
 * them.
 */
import { EventEmitter, once } from 'node:events'
import { Boom, Checks, user } from './checks.mjs'
import { Node } from './labels.mjs'

/** @typedef {import('./checks.mjs').Me} Me */

export class Waits extends Checks {
  /** @param {Me} me @param {number} ms */
  sleep(me, ms) {
    me.asleepFrom = this.now
    me.doomed = me.node.leftBehind || (me.owner !== null && me.owner.leftBehind)
    return this.core.sleep(ms)
  }

  /** A promise of somebody else. @param {Me} _me @param {number} ms */
  foreign(_me, ms) {
    return new Promise((resolve) => this.world.after(ms, () => resolve(ms)))
  }

  /** @param {Me} _me @param {number} ms */
  fails(_me, ms) {
    const promise = new Promise((_, reject) => this.world.after(ms, () => reject(new Boom('of somebody else'))))
    // Code of a closed loop may never come to await it.
    promise.catch(() => {})
    return promise
  }

  /** As fetch is: rejects with the signal's reason. @param {Me} me @param {number} ms @param {boolean} own */
  request(me, ms, own) {
    const signal = own && me.scope !== null ? me.scope.signal : this.core.currentTask()?.signal
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        this.#reason(signal)
        reject(signal.reason)
        return
      }
      const abort = () => {
        this.world.forget(moment)
        this.#reason(signal)
        reject(signal.reason)
      }
      const moment = this.world.after(ms, () => {
        signal?.removeEventListener('abort', abort)
        resolve(ms)
      })
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  /** @param {AbortSignal} signal aborted */
  #reason({ reason }) {
    if (reason instanceof this.core.TimeoutError) this.thrown.set(reason, null)
  }

  /** A moment of the host that takes no time. @param {Me} _me @param {'microtask' | 'tick' | 'immediate'} how */
  tick(_me, how) {
    if (how === 'microtask') return new Promise((resolve) => queueMicrotask(() => resolve(0)))
    if (how === 'tick') return new Promise((resolve) => process.nextTick(resolve, 0))
    this.world.held++
    return new Promise((resolve) =>
      setImmediate(() => {
        this.world.held--
        resolve(0)
      }),
    )
  }

  /** One event of an emitter. @param {Me} _me @param {number} ms */
  event(_me, ms) {
    const emitter = new EventEmitter()
    this.world.after(ms, () => emitter.emit('ready', ms))
    return once(emitter, 'ready')
  }

  /** A future whose promise is told when it is cancelled. @param {Me} me @param {number} ms */
  wrapped(me, ms) {
    return me.home.loop.wrap(
      (/** @type {AbortSignal} */ signal) =>
        new Promise((resolve, reject) => {
          const moment = this.world.after(ms, () => resolve(ms))
          signal.addEventListener('abort', () => {
            this.world.forget(moment)
            reject(signal.reason)
          })
        }),
    )
  }

  /** A promise awaited in the name of the task. @param {Me} me @param {number} ms */
  adopt(me, ms) {
    const promise = this.foreign(me, ms)
    return this.core.currentTask()?.await(promise) ?? promise
  }

  /** @param {Me} me @param {number} ms */
  wrap(me, ms) {
    return me.home.loop.wrap(new Promise((resolve) => this.world.after(ms, () => resolve(ms))))
  }

  /** @param {Me} me @param {number} ms */
  async *ticks(me, ms) {
    await this.foreign(me, ms)
    this.at(me)
    yield 1
    await this.sleep(me, ms)
    this.at(me)
    yield 2
  }

  // ------------------------------------------------------------ branches

  /** A part of the code that goes on beside the rest. @param {Me} me @param {Function} fn */
  branch(me, fn) {
    return this.coroutine(this.beside(me), fn, { stray: true })()
  }

  /** A place for code that goes on beside the rest. @param {Me} me */
  beside(me) {
    me.node.noteMixed()
    return me.within(new Node('branch', me.node, me.home))
  }

  /** @param {Me} me @param {'all' | 'allSettled' | 'race' | 'any'} how @param {Promise<unknown>[]} promises */
  join(me, how, promises) {
    if (how === 'allSettled' || how === 'any') for (const promise of promises) this.#keeps(me, promise)
    // With some of its branches in foreign waits, a request that reached another one is spent.
    if (me.owner !== null) me.owner.excuse ??= 'branches'
    return /** @type {any} */ (Promise)[how](promises).catch((/** @type {any} */ error) => {
      if (how === 'any' && error instanceof AggregateError) throw new Boom('none')
      throw error
    })
  }

  /** @param {Me} me @param {Promise<unknown>} promise */
  #keeps(me, promise) {
    promise.catch((error) => {
      if (error instanceof this.core.CancelledError) this.excuse(me, 'kept by a combinator')
    })
  }

  /** @param {Me} me @param {Function} fn */
  detach(me, fn) {
    if (me.owner !== null) me.owner.excuse ??= 'detached'
    this.branch(me, fn).catch(() => {})
  }

  /** What an emitter calls: code of whoever emits. @param {Me} me @param {string} name @param {Function} fn */
  listen(me, name, fn) {
    this.#thing(me, name, () => new EventEmitter().setMaxListeners(0)).on('event', (/** @type {Me} */ there) =>
      this.detach(there, fn),
    )
  }

  /** @param {Me} me @param {string} name */
  emit(me, name) {
    this.#thing(me, name, () => new EventEmitter().setMaxListeners(0)).emit('event', me)
  }

  /**
   * In another context of the program's own AsyncLocalStorage. @param {Me} me @param {string} value @param {Function}
   * fn
   */
  store(me, value, fn) {
    const inner = this.beside(me)
    inner.value = value
    return user.run(value, this.coroutine(inner, fn, { stray: true }))
  }

  /** A load that is made once and awaited by many. @param {string} name @param {Function} fn */
  memo(name, fn) {
    return (/** @type {Me} */ me) => {
      const key = `${name} of ${me.home.name}`
      let made = this.things.get(key)
      if (made === undefined) {
        const inner = this.beside(me.outer ?? me)
        made = { node: inner.node, promise: this.coroutine(inner, fn, { stray: true })() }
        made.promise.catch(() => {})
        this.things.set(key, made)
      }
      me.node.awaits(made.node, false)
      return made.promise
    }
  }

  /** @param {Me} me @param {string} name @param {() => any} make */
  #thing(me, name, make) {
    const key = `${name} of ${me.home.name}`
    if (!this.things.has(key)) this.things.set(key, make())
    return this.things.get(key)
  }

  /** One at a time, by a chain of promises. @param {Me} me @param {string} name @param {Function} fn */
  chained(me, name, fn) {
    const queue = this.#thing(me, name, () => ({ last: Promise.resolve() }))
    const result = queue.last.then(() => this.branch(me, fn))
    queue.last = result.catch(() => {})
    return result
  }

  /**
   * One at a time, by a mutex whose waiters are woken by who leaves. @param {Me} me @param {string} name @param
   * {Function} fn
   */
  exclusive(me, name, fn) {
    const mutex = this.#thing(me, name, () => ({ locked: false, waiters: [] }))
    const inner = this.beside(me)
    const run = async () => {
      if (mutex.locked) await new Promise((resolve) => mutex.waiters.push(resolve))
      mutex.locked = true
      this.at(inner)
      try {
        return await this.coroutine(inner, fn, { stray: true })()
      } finally {
        const next = mutex.waiters.shift()
        if (next === undefined) mutex.locked = false
        else next()
      }
    }
    inner.home.strayed()
    return run().finally(() => inner.home.returned())
  }

  /**
   * At most two at a time, by a queue of functions: one that waits is called by who leaves, and so runs in his place.
   * @param {Me} me @param {string} name @param {Function} fn
   */
  limited(me, name, fn) {
    const queue = this.#thing(me, name, () => ({ active: 0, waiting: [] }))
    const start = async (/** @type {Me} */ there) => {
      queue.active++
      try {
        const node = new Node('branch', there.node, there.home)
        me.node.awaits(node, false)
        there.node.noteMixed()
        const inner = there.within(node)
        if (there.owner !== null) there.owner.excuse ??= 'work of others'
        return await this.coroutine(inner, fn, { stray: true })()
      } finally {
        queue.active--
        queue.waiting.shift()?.(there)
      }
    }
    if (queue.active < 2) return start(me)
    me.home.strayed()
    return new Promise((resolve) => {
      queue.waiting.push((/** @type {Me} */ there) => {
        me.home.returned()
        resolve(start(there))
      })
    })
  }

  // ------------------------------------------------------------ @loop/sync

  /** @param {Me} me @param {string} name */
  lock(me, name) {
    return this.#thing(me, name, () => new this.sync.Lock())
  }

  /** @param {Me} _me @param {number} ms */
  flag(_me, ms) {
    const event = new this.sync.Event()
    this.world.after(ms, () => event.set())
    return event.wait()
  }

  /** @param {Me} _me @param {number} ms */
  get(_me, ms) {
    const queue = new this.sync.Queue()
    this.world.after(ms, () => queue.putNowait(ms))
    return queue.get()
  }
}
