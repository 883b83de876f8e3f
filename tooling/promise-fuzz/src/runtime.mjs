/**
 * Runs a program: the names that its source uses, over the packages under test, and the checks.
 *
 * Every piece of code is given `me`, the label of where it runs. `at(me)` holds the loop against it.
 */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import { EventEmitter, once } from 'node:events'
import { LoopLabel, mayBeAsked, mayBeCancelled, mayBeLate, mayGetCancelled, Node, TaskLabel } from './labels.mjs'
import { print } from './print.mjs'
import { World, WorldSelector } from './world.mjs'

/** @typedef {import('./program.mjs').Program} Program */
/** @typedef {{ core: any, sync: any }} Subject */

/** What a program throws by itself. */
export class Boom extends Error {
  name = 'Boom'
}

const user = new AsyncLocalStorage()
/** Code of nobody: no task, no loop. */
const root = new AsyncResource('PromiseFuzzRoot', { requireManualDestroy: true })

/** The run whose program is going on; errors that reach the process belong to it. @type {Run | null} */
let running = null
process.on('unhandledRejection', (/** @type {any} */ reason) => running?.violation(`unhandledRejection: ${show(reason)}`))
process.on('uncaughtException', (/** @type {any} */ error) => running?.violation(`uncaughtException: ${show(error)}`))

/** @param {any} error */
function show(error) {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  } catch {
    return 'something that cannot be shown'
  }
}

/** Where code runs. */
class Me {
  /** @type {any} the group it may start tasks in */
  group = null
  /** @type {any} what `scope.signal` is read from */
  scope = null
  /** Whether a wait began that must not end well. */
  doomed = false
  /** How its coroutine function is written. @type {'async' | 'generator'} */
  form = 'async'

  /** @param {LoopLabel} home @param {TaskLabel | null} owner @param {Node} node @param {unknown} value */
  constructor(home, owner, node, value) {
    this.home = home
    this.owner = owner
    this.node = node
    this.value = value
  }

  /** The same place, in a node of its own. @param {Node} node */
  within(node) {
    const inner = new Me(this.home, this.owner, node, this.value)
    inner.group = this.group
    inner.scope = this.scope
    return inner
  }
}

const isGeneratorFunction = (/** @type {Function} */ fn) => fn.constructor.name === 'GeneratorFunction'

export class Run {
  /** @type {string[]} */
  violations = []
  world = new World()
  /** @type {TaskLabel[]} */
  labels = []
  /** @type {Map<string, any>} named things of the program */
  things = new Map()
  /** Whether clean-up, or an error that somebody kept for himself, makes ends late or different. */
  excused = false
  /** @type {Map<any, TaskLabel>} */
  known = new Map()
  /** Whether something was started that may be left when all has ended. */
  leaves = false
  /** TimeoutErrors by now seen. and where they came from. @type {WeakMap<object, Node | null>} */
  thrown = new WeakMap()

  /** @param {Subject} subject @param {Program} program @param {{ attribution?: string, ignore?: string[] }} [options] */
  constructor(subject, program, options = {}) {
    this.core = subject.core
    this.sync = subject.sync
    this.program = program
    this.options = options
    this.world.outsideFirst = program.outsideFirst
  }

  /** @param {string} text */
  violation(text) {
    if (this.options.ignore?.some((part) => text.includes(part))) return
    if (this.violations.length < 20) this.violations.push(text)
  }

  get now() {
    return this.world.now
  }

  // ------------------------------------------------------------ the checks

  /** @param {Me} me */
  at(me) {
    const { home, owner } = me
    if (me.doomed) {
      me.doomed = false
      this.violation('code that its scope had left behind went on after a wait of the loop')
    }
    if (user.getStore() !== me.value) {
      this.violation(`the user's AsyncLocalStorage has ${String(user.getStore())}, not ${String(me.value)}`)
    }
    if (!home.loop.isRunning()) {
      if (home.loop.isClosed()) this.#atClosed()
      return
    }
    const loop = attempt(() => this.core.getRunningLoop())
    if (loop !== home.loop) this.violation(`on ${this.#loopName(loop)} instead of ${home.name}`)
    const task = this.core.currentTask()
    const expected = owner === null || owner.task?.done() === true ? null : owner.task
    if (task !== expected) {
      this.violation(`currentTask() is ${this.#taskName(task)} instead of ${expected === null ? 'null' : owner?.name}`)
      return
    }
    if (task !== null && !mayBeAsked(me.node, this.now) && !this.excused) this.#calm(task)
  }

  /** Nobody has asked the task for anything. @param {any} task */
  #calm(task) {
    if (task.cancelling() !== 0) this.violation(`cancelling() is ${task.cancelling()} although nobody asked`)
    if (task.signal.aborted) this.violation('the signal is aborted although nobody asked')
  }

  #atClosed() {
    const loop = attempt(() => this.core.getRunningLoop())
    if (loop instanceof Error) return
    this.violation(`code of a closed loop is on ${this.#loopName(loop)}`)
  }

  /** @param {any} loop */
  #loopName(loop) {
    for (const home of this.homes) if (home.loop === loop) return home.name
    return loop instanceof Error ? `no loop (${loop.message})` : 'another loop'
  }

  /** @param {any} task */
  #taskName(task) {
    return task === null ? 'null' : (this.known.get(task)?.name ?? task.getName())
  }

  /** What code ended with. @param {Me} me @param {any} error */
  threw(me, error) {
    const { core } = this
    if (error instanceof core.CancelledError) {
      if (!mayBeCancelled(me.node, this.now)) this.violation('cancelled although nobody asked')
    } else if (error instanceof Boom || error instanceof core.TimeoutError || error instanceof AggregateError) {
      // What programs throw.
    } else if (!me.home.loop.isClosed()) {
      this.violation(`unexpected ${show(error)}`)
    }
    return error
  }

  /** An error that the program keeps for itself; cancellation goes on. @param {Me} me @param {any} error */
  tolerate(me, error) {
    me.doomed = false
    this.threw(me, error)
    if (error instanceof this.core.CancelledError) throw error
  }

  /** An error that the program keeps for itself, whatever it is. @param {Me} me @param {any} error */
  swallow(me, error) {
    me.doomed = false
    this.threw(me, error)
    this.excuse(me, 'swallowed')
  }

  /** @param {Me} me @param {string} why */
  excuse(me, why) {
    this.excused = true
    if (me.owner !== null) me.owner.excuse ??= why
  }

  // ------------------------------------------------------------ running code with its label

  /**
   * A coroutine function over `fn(me, …)`.
   *
   * @param {Me} me @param {Function} fn @param {{ stray?: boolean, failed?: (error: any) => void }} [options]
   */
  coroutine(me, fn, { stray = false, failed } = {}) {
    const run = this
    if (isGeneratorFunction(fn)) {
      me.form = 'generator'
      return function* (/** @type {any[]} */ ...args) {
        run.enter(me)
        try {
          return yield* fn(me, ...args)
        } catch (error) {
          failed?.(error)
          throw run.threw(me, error)
        } finally {
          run.leave(me)
        }
      }
    }
    return async (/** @type {any[]} */ ...args) => {
      if (stray) me.home.strayed()
      run.enter(me)
      try {
        return await fn(me, ...args)
      } catch (error) {
        failed?.(error)
        throw run.threw(me, error)
      } finally {
        run.leave(me)
        if (stray) me.home.returned()
      }
    }
  }

  /** @param {Me} me */
  enter(me) {
    me.node.inside++
    const { owner } = me
    if (owner !== null && owner.node === me.node) {
      owner.started++
      const task = this.core.currentTask()
      if (owner.task === null) this.bind(owner, task)
    }
    this.at(me)
  }

  /** @param {Me} me */
  leave(me) {
    me.node.inside--
    if (me.owner !== null && me.owner.node === me.node) me.owner.ends++
  }

  /** @param {TaskLabel} label @param {any} task */
  bind(label, task) {
    const other = this.known.get(task)
    if (task === null) this.violation(`${label.name} runs outside of any task`)
    else if (other !== undefined) this.violation(`${label.name} runs as ${other.name}`)
    label.task = task
    this.known.set(task, label)
  }

  /** @param {Me} me @param {string} name @param {Node} node */
  taskMe(me, name, node) {
    const label = new TaskLabel(name, node)
    label.late = me.home.ending
    this.labels.push(label)
    return new Me(me.home, label, node, me.value)
  }

  // ------------------------------------------------------------ what programs call: waits

  /** @param {Me} me @param {number} ms */
  sleep(me, ms) {
    me.doomed = me.node.leftBehind || (me.owner !== null && me.owner.leftBehind)
    return this.core.sleep(ms)
  }

  /** A promise of somebody else. @param {Me} me @param {number} ms */
  foreign(me, ms) {
    return this.#outside(me, new Promise((resolve) => this.world.after(ms, () => resolve(ms))))
  }

  /** @param {Me} me @param {number} ms */
  fails(me, ms) {
    const promise = new Promise((_, reject) => this.world.after(ms, () => reject(new Boom('of somebody else'))))
    // Code of a closed loop may never come to await it.
    promise.catch(() => {})
    return this.#outside(me, promise)
  }

  /** As fetch is: rejects with the signal's reason. @param {Me} me @param {number} ms @param {boolean} own */
  request(me, ms, own) {
    const signal = own && me.scope !== null ? me.scope.signal : this.core.currentTask()?.signal
    return this.#outside(me, new Promise((resolve, reject) => {
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
    }))
  }

  /** @param {AbortSignal} signal aborted */
  #reason({ reason }) {
    if (reason instanceof this.core.TimeoutError) this.thrown.set(reason, null)
  }

  /** Notes that code waits for a promise of somebody else. @template T @param {Me} me @param {Promise<T>} promise */
  #outside(me, promise) {
    me.node.noteForeign()
    return promise
  }

  /** A moment of the host that takes no time. @param {Me} _me @param {'microtask' | 'tick' | 'immediate'} how */
  tick(_me, how) {
    if (how === 'microtask') return new Promise((resolve) => queueMicrotask(() => resolve(0)))
    if (how === 'tick') return new Promise((resolve) => process.nextTick(resolve, 0))
    this.world.held++
    return new Promise((resolve) => setImmediate(() => {
      this.world.held--
      resolve(0)
    }))
  }

  /** One event of an emitter. @param {Me} me @param {number} ms */
  event(me, ms) {
    const emitter = new EventEmitter()
    this.world.after(ms, () => emitter.emit('ready', ms))
    return this.#outside(me, once(emitter, 'ready'))
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
    return this.coroutine(this.#beside(me), fn, { stray: true })()
  }

  /** A place for code that goes on beside the rest. @param {Me} me */
  #beside(me) {
    me.node.noteMixed()
    return me.within(new Node('branch', me.node, me.home))
  }

  /** @param {Me} me @param {'all' | 'allSettled' | 'race' | 'any'} how @param {Promise<unknown>[]} promises */
  join(me, how, promises) {
    if (how === 'allSettled' || how === 'any') for (const promise of promises) this.#keeps(me, promise)
    // With some of its branches in foreign waits, a request that reached another one is spent.
    if (me.owner !== null) me.owner.excuse ??= 'branches'
    return this.#outside(me, /** @type {any} */ (Promise)[how](promises)).catch((/** @type {any} */ error) => {
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

  /** In another context of the program's own AsyncLocalStorage. @param {Me} me @param {string} value @param {Function} fn */
  store(me, value, fn) {
    const inner = this.#beside(me)
    inner.value = value
    return user.run(value, this.coroutine(inner, fn, { stray: true }))
  }

  /** A load that is made once and awaited by many. @param {string} name @param {Function} fn */
  memo(name, fn) {
    return (/** @type {Me} */ me) => {
      const key = `${name} of ${me.home.name}`
      let made = this.things.get(key)
      if (made === undefined) {
        const inner = this.#beside(me)
        made = { node: inner.node, promise: this.coroutine(inner, fn, { stray: true })() }
        made.promise.catch(() => {})
        this.things.set(key, made)
      } else {
        me.node.awaits(made.node, false)
      }
      return this.#outside(me, made.promise)
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
    return this.#outside(me, result)
  }

  /** One at a time, by a mutex whose waiters are woken by who leaves. @param {Me} me @param {string} name @param {Function} fn */
  exclusive(me, name, fn) {
    const mutex = this.#thing(me, name, () => ({ locked: false, waiters: [] }))
    const inner = this.#beside(me)
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
    return this.#outside(me, run().finally(() => inner.home.returned()))
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
    if (queue.active < 2) return this.#outside(me, start(me))
    me.home.strayed()
    return this.#outside(me, new Promise((resolve) => {
      queue.waiting.push((/** @type {Me} */ there) => {
        me.home.returned()
        resolve(start(there))
      })
    }))
  }

  // ------------------------------------------------------------ callbacks

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
    const label = this.#label(me, name)
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

  /** A callback of the host, which keeps the context. @param {Me} me @param {number | 'microtask' | 'tick' | 'immediate'} when @param {Function} fn */
  host(me, when, fn) {
    const inner = this.#beside(me)
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

  /** A handler that a server calls: its context knows no task, and no loop. @param {Me} me @param {number} ms @param {Function} fn */
  handler(me, ms, fn) {
    // With two loops it is not promised on which of them such code is.
    if (this.homes.length > 1) return
    const { home } = me
    home.strayed()
    this.world.after(ms, () => root.runInAsyncScope(() => {
      if (!home.loop.isRunning()) {
        home.returned()
        return
      }
      const there = new Me(home, null, new Node('branch', null, home), undefined)
      const made = this.coroutine(there, fn)()
      made.catch(() => {}).finally(() => home.returned())
    }))
  }

  // ------------------------------------------------------------ tasks

  /** @param {Me} me @param {string} name @param {Function} fn @param {{ signal?: string, free?: boolean }} [options] */
  task(me, name, fn, { signal, free = false } = {}) {
    const group = free ? null : me.group
    const node = new Node('task', group?.node ?? null, me.home)
    const there = this.taskMe(me, name, node)
    const label = /** @type {TaskLabel} */ (there.owner)
    const failed = (/** @type {any} */ error) => {
      if (group !== null && !(error instanceof this.core.CancelledError)) group.node.asked = true
    }
    const options = { name, ...(signal === undefined ? {} : { signal: this.controller(signal, label).signal }) }
    const coroutine = this.coroutine(there, fn, { failed })
    let task
    try {
      task = group === null ? me.home.loop.createTask(coroutine, options) : group.group.createTask(coroutine, options)
    } catch (error) {
      // In code that was left behind.
      if (error instanceof this.core.CancelledError && mayBeCancelled(me.node, this.now)) throw error
      const refused = error instanceof this.core.InvalidStateError && group !== null && (mayBeAsked(group.node, this.now) || group.over)
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
    const label = this.#label(me, name)
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

  /** A task of this loop. @param {Me} me @param {string} name @returns {TaskLabel | undefined} */
  #label(me, name) {
    const label = this.things.get(name)
    return label?.node.home === me.home ? label : undefined
  }

  /** @param {Me} me @param {string} name */
  cancel(me, name) {
    const label = this.#label(me, name)
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
    return this.coroutine(me, fn)
  }

  /** A coroutine function for gather and the like, which make a task of it. @param {Me} me @param {Function} fn @param {boolean} [passes] */
  item(me, fn, passes = true) {
    const node = new Node('task', passes ? me.node : null, me.home)
    if (!passes) me.node.awaits(node, false)
    const there = this.taskMe(me, `a task of ${me.owner?.name ?? 'nobody'}`, node)
    return this.coroutine(there, fn)
  }

  // ------------------------------------------------------------ scopes

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
    if (node.inside > 0) node.abandoned = true
    if (!this.excused && now > node.deadline && !mayBeLate(node) && !node.home.ended) this.violation(`${what} ended at ${now}, after its deadline ${node.deadline}`)
    if (error instanceof this.core.TimeoutError && !this.thrown.has(error)) {
      this.thrown.set(error, node)
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

  /** Whether the signal of a scope says what became of it. @param {Node} node @param {AbortSignal} signal @param {any} error */
  #signalled(node, signal, error) {
    if (signal.aborted && !mayBeAsked(node, this.now)) this.violation('the signal of a timeout is aborted although nobody asked')
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
    const body = this.coroutine(inner, fn, { failed: () => { node.asked = true } })
    const make = () => this.core.taskGroup((/** @type {any} */ made) => {
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
    return this.#scope(me, () => this.core.waitFor(source(me.within(node)), ms), (error) => this.#ended(node, 'waitFor', error))
  }

  /** @param {Me} me @param {number | null} ms @param {string[]} names @param {string} returnWhen */
  wait(me, ms, names, returnWhen) {
    const tasks = names.filter((name) => this.#label(me, name)).map((name) => this.use(me, name, false))
    if (tasks.length === 0) return this.core.sleep(0)
    return this.core.wait(tasks, { returnWhen, ...(ms === null ? {} : { timeout: ms }) })
  }

  // ------------------------------------------------------------ @loop/sync

  /** @param {Me} me @param {string} name */
  lock(me, name) {
    return this.#thing(me, name, () => new this.sync.Lock())
  }

  /** @param {Me} me @param {number} ms */
  flag(me, ms) {
    const event = new this.sync.Event()
    this.world.after(ms, () => event.set())
    return event.wait()
  }

  /** @param {Me} me @param {number} ms */
  get(me, ms) {
    const queue = new this.sync.Queue()
    this.host(me, ms, async () => queue.putNowait(ms))
    return queue.get()
  }

  // ------------------------------------------------------------ the whole

  /** @type {LoopLabel[]} */
  homes = []

  /** Until nothing that nobody waits for is left. @param {LoopLabel} home */
  async quiet(home) {
    while (home.strays > 0) await new Promise((resolve) => home.listeners.push(() => resolve(0)))
  }

  /** @param {LoopLabel} home @param {Function} main @param {{ tidy: boolean, budget: number }} how */
  async #main(home, main, { tidy, budget }) {
    const { core, world } = this
    const node = new Node('task', null, home)
    const me = this.taskMe(new Me(home, null, node, undefined), `main of ${home.name}`, node)
    const run = this
    const coroutine = this.coroutine(me, main)
    const whole = isGeneratorFunction(main)
      ? function* () {
          try {
            return yield* /** @type {any} */ (coroutine())
          } finally {
            if (tidy) yield run.quiet(home)
            run.tidy(home)
            home.ending = true
          }
        }
      : async () => {
          try {
            return await coroutine()
          } finally {
            if (tidy) await run.quiet(home)
            run.tidy(home)
            home.ending = true
          }
        }
    let steps = 0
    const loopFactory = () => {
      home.loop = new core.EventLoop({
        clock: world.clock,
        selector: new WorldSelector(world),
        // Time for turns in a row is counted in looks at the clock.
        host: { ...core.nodeHost, now: () => (steps += 0.3) },
        budgetMs: budget,
        attribution: this.options.attribution ?? 'async-context',
      })
      home.loop.setExceptionHandler((/** @type {any} */ _loop, /** @type {any} */ context) => this.#reported(context))
      return home.loop
    }
    try {
      await core.run(whole, { loopFactory })
    } catch (error) {
      if (!(error instanceof Boom || error instanceof core.TimeoutError || error instanceof AggregateError)) {
        if (!(error instanceof core.CancelledError && mayBeCancelled(node, this.now))) this.violation(`run() threw ${show(error)}`)
      }
    }
    home.ended = true
    const { ready, tasks } = home.loop.statistics()
    if (!home.loop.isClosed()) this.violation('the loop is not closed')
    const late = this.labels.some((label) => label.late && label.node.home === home)
    if (tasks > 0 && !late) this.violation(`${tasks} tasks left on ${home.name}`)
    if (ready > 0 && home.strays === 0 && !this.leaves) this.violation(`${ready} handles left on ${home.name}`)
  }

  /** What the loop holds when all the program's code but the main task has ended. @param {LoopLabel} home */
  tidy(home) {
    const { timers, tasks, promises } = home.loop.statistics()
    if (tasks > 1 || home.strays > 0 || this.leaves || this.labels.some(({ late }) => late)) return
    if (timers > 0) this.violation(`${timers} timers left on ${home.name}`)
    if (promises > 0) this.violation(`${promises} promises left on ${home.name}`)
  }

  /** What reaches the loop's exception handler. @param {any} context */
  #reported({ message, exception, future }) {
    const { core } = this
    if (exception === undefined && (this.known.get(future)?.late ?? this.labels.some(({ late }) => late))) return
    if (exception instanceof Boom || exception instanceof core.TimeoutError || exception instanceof AggregateError) return
    // An async callback that waited for something that was cancelled, or whose loop has ended.
    if (exception instanceof core.CancelledError && message.startsWith('Exception in callback')) return
    const ends = this.homes.some(({ ending }) => ending)
    if (ends && (exception instanceof core.CancelledError || exception instanceof core.InvalidStateError || exception instanceof core.LoopClosedError)) return
    this.violation(`reported: ${message}: ${show(exception)}`)
  }

  /** @returns {Promise<string[]>} what was wrong */
  async run() {
    running = this
    const names = this.#names()
    const mains = new Function(...Object.keys(names), `'use strict'\n${print(this.program)}`)(...Object.values(names))
    let open = mains.length
    for (const [index, main] of mains.entries()) {
      const home = new LoopLabel(`L${String(index)}`)
      this.homes.push(home)
      const start = () => root.runInAsyncScope(() => this.#main(home, main, this.program.loops[index]))
      void start().catch((error) => this.violation(`the check itself failed: ${error?.stack}`)).finally(() => open--)
    }
    const why = await this.world.run()
    if (why === 'endless') this.violation(`endless: ${this.#whereabouts()}`)
    else if (open > 0) this.violation(`hang: ${this.#whereabouts()}`)
    else this.#account()
    // Node looks for unhandled rejections when a macrotask has ended.
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    running = null
    return this.violations
  }

  #account() {
    for (const label of this.labels) {
      const { name, task } = label
      if (task === null) continue
      if (!task.done() && !label.late) this.violation(`${name} never ended`)
      if (label.started > 1 || label.ends > 1) this.violation(`${name} ran ${label.started} times and ended ${label.ends} times`)
      if (label.doneCalls > 1) this.violation(`${name} called its done callback ${label.doneCalls} times`)
      if (label.cancelled && label.excuse === null && task.done() && !task.cancelled() && task.exception() === null) {
        this.violation(`${name} was asked to end and ended with a result`)
      }
    }
  }

  /** Who waits for what. */
  #whereabouts() {
    const waiting = this.labels.filter(({ task }) => task !== null && !task.done())
    const homes = this.homes.filter(({ ended }) => !ended).map(({ name, strays }) => `${name} has ${strays} strays`)
    const tasks = waiting.map(({ name, task }) => `${name} awaits [${task.awaiting().map((/** @type {any} */ one) => one.constructor.name).join(', ')}]`)
    return [...homes, ...tasks].join('; ')
  }

  /** What the source of a program can name. @returns {Record<string, unknown>} */
  #names() {
    const own = /** @type {const} */ ([
      'at', 'tolerate', 'swallow', 'sleep', 'foreign', 'fails', 'request', 'tick', 'event', 'wrap', 'ticks', 'branch', 'join', 'detach',
      'store', 'memo', 'chained', 'exclusive', 'limited', 'later', 'whenDone', 'host', 'handler', 'task', 'abort', 'use', 'cancel',
      'cancelGroup', 'item', 'part', 'timeout', 'group', 'waitFor', 'wait', 'lock', 'flag', 'get', 'excuse',
    ])
    const bound = Object.fromEntries(own.map((name) => [name, /** @type {any} */ (this)[name].bind(this)]))
    const { gather, shield, asCompleted } = this.core
    const leaving = (/** @type {Function} */ helper) => (/** @type {any} */ items, /** @type {any} */ options) => {
      // Other things than coroutine functions are not cancelled with who waits for them, or not in each case.
      if ([items].flat().some((item) => typeof item !== 'function')) this.leaves = true
      return helper(items, options)
    }
    return { ...bound, gather: leaving(gather), shield: leaving(shield), asCompleted: leaving(asCompleted), Boom }
  }
}

/** @param {() => any} fn */
function attempt(fn) {
  try {
    return fn()
  } catch (error) {
    return error
  }
}
