/** What programs call: callbacks of the loop and of the host. */
import { AsyncResource } from 'node:async_hooks'
import { Me } from './checks.mjs'
import { Node } from './labels.mjs'
import { Waits } from './waits.mjs'

/** @typedef {import('./labels.mjs').TaskLabel} TaskLabel */

/** Code of nobody: no task, no loop. */
export const root = new AsyncResource('PromiseFuzzRoot', { requireManualDestroy: true })

export class Callbacks extends Waits {
  /** A callback of the loop. @param {Me} me @param {number} ms @param {Function} fn */
  later(me, ms, fn) {
    const there = new Me(me.home, null, new Node('branch', null, me.home), me.value)
    const { loop } = me.home
    const callback = this.#callback(there, fn)
    if (ms === 0) loop.callSoon(callback)
    else loop.callLater(ms, callback)
  }

  /** @param {Me} me @param {string} name @param {Function} fn */
  whenDone(me, name, fn) {
    const label = this.label(me, name)
    if (label === undefined) return
    const there = new Me(me.home, null, new Node('branch', null, me.home), me.value)
    label.task.addDoneCallback(this.#callback(there, fn))
  }

  /** @param {Me} there @param {Function} fn */
  #callback(there, fn) {
    if (fn.constructor.name !== 'AsyncFunction') {
      there.home.strayed()
      return () => {
        there.home.returned()
        fn(there)
      }
    }
    there.home.strayed()
    const run = this.coroutine(there, fn)
    const { home } = there
    return async () => {
      try {
        await run()
      } finally {
        home.returned()
      }
    }
  }

  /**
   * A callback of the host, which keeps the context. @param {Me} me @param {number | 'microtask' | 'tick' |
   * 'immediate'} when @param {Function} fn
   */
  host(me, when, fn) {
    const inner = this.beside(me)
    if (me.owner !== null) me.owner.excuse ??= 'host callbacks'
    me.home.strayed()
    const run = () => {
      const made = this.coroutine(inner, fn)()
      made.catch(() => {}).finally(() => me.home.returned())
    }
    if (when === 'microtask') queueMicrotask(run)
    else if (when === 'tick') process.nextTick(run)
    else if (when === 'immediate') {
      this.world.held++
      setImmediate(() => {
        this.world.held--
        run()
      })
    } else {
      const context = new AsyncResource('HostTimer', { requireManualDestroy: true })
      this.world.after(when, () => context.runInAsyncScope(run))
    }
  }

  /**
   * A handler that a server calls: its context knows no task, and no loop. @param {Me} me @param {number} ms @param
   * {Function} fn
   */
  handler(me, ms, fn) {
    // With two loops it is not promised on which of them such code is.
    if (this.homes.length > 1) return
    const { home } = me
    home.strayed()
    this.world.after(ms, () =>
      root.runInAsyncScope(() => {
        if (!home.loop.isRunning()) {
          home.returned()
          return
        }
        const there = new Me(home, null, new Node('branch', null, home), undefined)
        const made = this.coroutine(there, fn)()
        made.catch(() => {}).finally(() => home.returned())
      }),
    )
  }

  /** A task of this loop. @param {Me} me @param {string} name @returns {TaskLabel | undefined} */
  label(me, name) {
    const label = this.things.get(name)
    return label?.node.home === me.home ? label : undefined
  }
}
