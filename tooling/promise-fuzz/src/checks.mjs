/**
 * What is held against the loop: every piece of code is given `me`, the label of where it runs, and `at(me)` asks the
 * loop.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { mayBeAsked, mayBeCancelled, TaskLabel } from './labels.mjs'
import { World } from './world.mjs'

/** @typedef {import('./labels.mjs').LoopLabel} LoopLabel */
/** @typedef {import('./labels.mjs').Node} Node */
/** @typedef {import('./program.mjs').Program} Program */
/** @typedef {{ core: any, sync: any }} Subject */

/** What a program throws by itself. */
export class Boom extends Error {
  /** @override */
  name = 'Boom'
}

/** The program's own store. */
export const user = new AsyncLocalStorage()

/** @param {any} error */
export function show(error) {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  } catch {
    return 'something that cannot be shown'
  }
}

/** Where code runs. */
export class Me {
  /** @type {any} the group it may start tasks in */
  group = null
  /** @type {any} the innermost timeout, whose signal is looked at, and whose deadline may be moved */
  scope = null
  /** @type {Node | null} the label of `scope` */
  scopeNode = null
  /** Whether a wait began that must not end well. */
  doomed = false
  /** The place around, for what is started there before a helper takes it. @type {Me | null} */
  outer = null
  /** When the sleep began that is going on. @type {number | null} */
  asleepFrom = null
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
    inner.scopeNode = this.scopeNode
    return inner
  }
}

export const isGeneratorFunction = (/** @type {Function} */ fn) => fn.constructor.name === 'GeneratorFunction'

/** The checks, and code that runs with its label. */
export class Checks {
  /** @type {string[]} */
  violations = []
  world = new World()
  /** @type {LoopLabel[]} */
  homes = []
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

  /**
   * @param {Subject} subject @param {Program} program @param {{ attribution?: string, ignore?: string[] }} [options]
   */
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
    if (me.asleepFrom !== null && !this.excused && me.node.passedSince(me.asleepFrom, this.now)) {
      this.violation('a sleep went on when the deadline of its scope passed')
    }
    me.asleepFrom = null
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
    me.asleepFrom = null
    this.threw(me, error)
    if (error instanceof this.core.CancelledError) throw error
  }

  /** An error that the program keeps for itself, whatever it is. @param {Me} me @param {any} error */
  swallow(me, error) {
    me.doomed = false
    me.asleepFrom = null
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
   * @returns {(...args: any[]) => any}
   */
  coroutine(me, fn, { stray = false, failed } = {}) {
    if (isGeneratorFunction(fn)) {
      me.form = 'generator'
      return (/** @type {any[]} */ ...args) => inGenerator(this, me, fn, failed, args)
    }
    return async (/** @type {any[]} */ ...args) => {
      if (stray) me.home.strayed()
      this.enter(me)
      try {
        return await fn(me, ...args)
      } catch (error) {
        failed?.(error)
        throw this.threw(me, error)
      } finally {
        this.leave(me)
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
}

/**
 * @param {Checks} run @param {Me} me @param {Function} fn @param {((error: any) => void) | undefined} failed @param
 * {any[]} args @returns {Generator<any, any, any>}
 */
function* inGenerator(run, me, fn, failed, args) {
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

/** @param {() => any} fn */
function attempt(fn) {
  try {
    return fn()
  } catch (error) {
    return error
  }
}
