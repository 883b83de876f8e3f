/** What programs call: tasks and scopes. */
import { Callbacks } from './callbacks.mjs'
import { show } from './checks.mjs'
import { mayBeAsked, mayBeCancelled, mayBeLate, mayGetCancelled, Node } from './labels.mjs'

/** @typedef {import('./checks.mjs').Me} Me */
/** @typedef {import('./labels.mjs').TaskLabel} TaskLabel */

export class Scopes extends Callbacks {
  /**
   * @param {Me} me @param {string} name @param {Function} fn @param {{ signal?: string, free?: boolean, eager?: boolean
   * }} [options]
   */
  task(me, name, fn, { signal, free = false, eager = false } = {}) {
    const group = free ? null : me.group
    const node = new Node('task', group?.node ?? null, me.home)
    const there = this.taskMe(me, name, node)
    const label = /** @type {TaskLabel} */ (there.owner)
    const failed = (/** @type {any} */ error) => {
      if (group !== null && !(error instanceof this.core.CancelledError)) group.node.asked = true
    }
    const options = {
      name,
      ...(eager ? { eagerStart: true } : {}),
      ...(signal === undefined ? {} : { signal: this.controller(signal, label).signal }),
    }
    const coroutine = this.coroutine(there, fn, { failed })
    let task
    try {
      task = group === null ? me.home.loop.createTask(coroutine, options) : group.group.createTask(coroutine, options)
    } catch (error) {
      // In code that was left behind.
      if (error instanceof this.core.CancelledError && mayBeCancelled(me.node, this.now)) throw error
      const refused =
        error instanceof this.core.InvalidStateError &&
        group !== null &&
        (mayBeAsked(group.node, this.now) || group.over)
      if (!refused && !me.home.loop.isClosed()) this.violation(`createTask threw ${show(error)}`)
      return
    }
    if (label.task === null) this.bind(label, task)
    label.task.addDoneCallback(() => {
      label.doneCalls++
    })
    this.things.set(name, label)
  }

  /** @param {string} name @param {TaskLabel} [label] */
  controller(name, label) {
    const key = `controller ${name}`
    if (!this.things.has(key)) this.things.set(key, { controller: new AbortController(), labels: [] })
    const { controller, labels } = this.things.get(key)
    if (label !== undefined) {
      labels.push(label)
      if (controller.signal.aborted) {
        label.node.asked = true
        label.cancelled = true
      }
    }
    return controller
  }

  /** @param {Me} _me @param {string} name */
  abort(_me, name) {
    const controller = this.controller(name)
    for (const label of this.things.get(`controller ${name}`).labels) {
      if (label.task === null || label.task.done()) continue
      label.node.asked = true
      label.cancelled = true
    }
    controller.abort()
  }

  /** A task to be awaited. @param {Me} me @param {string} name @param {boolean} [passes] */
  use(me, name, passes = true) {
    const label = this.label(me, name)
    if (label === undefined) return this.#absent(me)
    me.node.awaits(label.node, passes)
    return label.task
  }

  /** @param {Me} me */
  #absent(me) {
    const future = me.home.loop.createFuture()
    future.setResult('absent')
    return future
  }

  /** @param {Me} me @param {string} name */
  cancel(me, name) {
    const label = this.label(me, name)
    if (label === undefined || label.task.done()) return
    const before = label.node.asked
    label.node.asked = true
    if (label.task.cancel()) label.cancelled = true
    else label.node.asked = before
  }

  /** @param {Me} me */
  cancelGroup(me) {
    if (me.group === null) return
    me.group.node.asked = true
    me.group.group.cancel()
  }

  /** A coroutine function that a helper runs in the calling task. @param {Me} me @param {Function} fn */
  part(me, fn) {
    me.outer = null
    return this.coroutine(me, fn)
  }

  /**
   * A coroutine function for gather and the like, which make a task of it. @param {Me} me @param {Function} fn @param
   * {boolean} [passes]
   */
  item(me, fn, passes = true) {
    const node = new Node('task', passes ? me.node : null, me.home)
    if (!passes) me.node.awaits(node, false)
    const there = this.taskMe(me, `a task of ${me.owner?.name ?? 'nobody'}`, node)
    return this.coroutine(there, fn)
  }

  /**
   * Awaits `make()` in the form of the code that calls it.
   * @param {Me} me @param {() => any} make @param {(error: any) => any} ended what to throw on
   */
  #scope(me, make, ended) {
    if (me.form === 'generator') {
      return (function* () {
        try {
          const value = yield* make()
          ended(null)
          return value
        } catch (error) {
          throw ended(error)
        }
      })()
    }
    return (async () => {
      let value
      try {
        value = await make()
      } catch (error) {
        throw ended(error)
      }
      ended(null)
      return value
    })()
  }

  /** @param {Node} node @param {string} what @param {any} error */
  #ended(node, what, error) {
    const { now } = this
    node.over = true
    if (node.inside > 0) node.abandoned = true
    if (!this.excused && now > node.deadline && !mayBeLate(node) && !node.home.ended)
      this.violation(`${what} ended at ${now}, after its deadline ${node.deadline}`)
    if (error instanceof this.core.TimeoutError && !this.thrown.has(error)) {
      this.thrown.set(error, node)
      node.timedOut = true
      if (now < node.deadline) this.violation(`${what} timed out at ${now}, before its deadline ${node.deadline}`)
    }
    return error
  }

  /** @param {Me} me @param {number | null} ms @param {Function} fn @param {boolean} [at] */
  timeout(me, ms, fn, at = false) {
    const node = new Node('scope', me.node, me.home)
    if (ms !== null) node.deadline = this.now + ms
    const inner = me.within(node)
    const body = this.coroutine(inner, fn)
    /** Looked at before anything happens, so that it is the one that is aborted. @type {AbortSignal | null} */
    let signal = null
    const scoped = (/** @type {any} */ scope) => {
      inner.scope = scope
      inner.scopeNode = node
      if (ms !== null && ms % 2 === 1) ({ signal } = scope)
      return body(scope)
    }
    const { core } = this
    const make = () => (at ? core.timeoutAt(ms === null ? null : node.deadline, scoped) : core.timeout(ms, scoped))
    return this.#scope(me, make, (error) => {
      this.#ended(node, 'a timeout', error)
      if (signal !== null) this.#signalled(node, signal, error)
      return error
    })
  }

  /** Gives the innermost timeout more time, or less. @param {Me} me @param {number} ms */
  extend(me, ms) {
    const { scope, scopeNode: node } = me
    if (scope === null || node === null || node.over || node.inside === 0 || node.deadline <= this.now) return
    scope.reschedule(this.now + ms)
    node.deadline = this.now + ms
  }

  /**
   * Whether the signal of a scope says what became of it. @param {Node} node @param {AbortSignal} signal @param {any}
   * error
   */
  #signalled(node, signal, error) {
    if (signal.aborted && !mayBeAsked(node, this.now))
      this.violation('the signal of a timeout is aborted although nobody asked')
    if (signal.aborted || this.excused) return
    if (error instanceof this.core.TimeoutError && this.thrown.get(error) === node) {
      this.violation('a timeout passed, and its signal was not aborted')
    }
    if (error instanceof this.core.CancelledError && !mayGetCancelled(node, this.now)) {
      this.violation('a timeout was cancelled from around, and its signal was not aborted')
    }
  }

  /** @param {Me} me @param {Function} fn */
  group(me, fn) {
    const node = new Node('scope', me.node, me.home)
    const inner = me.within(node)
    const group = { node, group: /** @type {any} */ (null), over: false }
    const body = this.coroutine(inner, fn, {
      failed: () => {
        node.asked = true
      },
    })
    const make = () =>
      this.core.taskGroup((/** @type {any} */ made) => {
        group.group = made
        inner.group = group
        inner.scope = null
        return body()
      })
    return this.#scope(me, make, (error) => {
      group.over = true
      return this.#ended(node, 'a group', error)
    })
  }

  /** @param {Me} me @param {number} ms @param {(me: Me) => any} source */
  waitFor(me, ms, source) {
    const node = new Node('scope', me.node, me.home)
    node.deadline = this.now + ms
    const inner = me.within(node)
    inner.outer = me
    return this.#scope(
      me,
      () => this.core.waitFor(source(inner), ms),
      (error) => this.#ended(node, 'waitFor', error),
    )
  }

  /** @param {Me} me @param {number | null} ms @param {string[]} names @param {string} returnWhen */
  wait(me, ms, names, returnWhen) {
    const tasks = names.filter((name) => this.label(me, name)).map((name) => this.use(me, name, false))
    if (tasks.length === 0) return this.core.sleep(0)
    return this.core.wait(tasks, { returnWhen, ...(ms === null ? {} : { timeout: ms }) })
  }
}
