/**
 * Runs a program on a core in virtual time and gives its trace: the twin of oracle/oracle.py, function by function.
 *
 * The core is passed in, so that the same code drives the sources, a build, and a core with a mutation.
 */
import { toJavaScript } from './print-javascript.mjs'

/** @typedef {typeof import('@loop/core')} Core */
/** @typedef {typeof import('@loop/core/testing')} Testing */
/** @typedef {import('@loop/core').DrainChoice} DrainChoice */
/** @typedef {NonNullable<import('@loop/core').LoopOptions['attribution']>} Attribution */
/** @typedef {{ core: Core, testing: Testing, sync?: any, drain?: DrainChoice, attribution?: Attribution }} Subject the modules under test, how to drain microtasks, and how the current task is found */
/** @typedef {import('./program.mjs').Program} Program */
/** @typedef {import('./print-javascript.mjs').Form} Form */

// Four times what the oracle allows a program: only a core that loops for ever comes here.
const MOST_TURNS = 2000

/** The exception of programs. */
class Boom extends Error {}

// A program takes a millisecond; a core that has lost a wake-up never comes back.
const STUCK_AFTER_MS = 10_000

/** The sentence for a run that did not come to rest. */
const ENDLESS = 'endless: more than ' + String(MOST_TURNS) + ' turns'

/** One program: its objects, its trace, and the functions its source uses. */
class Run {
  /** @type {string[]} */
  trace = []
  /** @type {Record<string, any>} */
  objects = Object.create(null)
  #open = true
  #bumped = 0

  /** @param {Subject} subject */
  constructor(subject) {
    this.subject = subject
    const { EventLoop } = subject.core
    const { VirtualClock, MemorySelector } = subject.testing
    const clock = new VirtualClock()
    const selector = new MemorySelector(clock)
    this.loop = new EventLoop({
      clock,
      selector,
      drain: subject.drain ?? 'auto',
      attribution: subject.attribution ?? 'async-context',
    })
    this.loop.setExceptionHandler((_, context) => {
      // As in the oracle: reports about errors nobody fetched come when the collector runs, so they cannot be compared.
      if (context.handle !== undefined) this.rec('handler', context.exception)
    })
    this.#stopAtRest(selector)
  }

  /** A wait without limit means that nothing is scheduled any more. @param {any} selector */
  #stopAtRest(selector) {
    const wait = selector.wait.bind(selector)
    selector.wait = (/** @type {number | null} */ timeout, /** @type {any} */ deliver) => {
      const endless = this.loop.statistics().turns > MOST_TURNS
      if (endless) this.trace.push(ENDLESS)
      if (timeout !== null && !endless) {
        wait(timeout, deliver)
        return
      }
      this.#finish()
      this.loop.stop()
      wait(0, deliver)
    }
  }

  /** @param {number | string} label @param {unknown[]} values */
  rec(label, ...values) {
    if (!this.#open) return
    const { turns } = this.loop.statistics()
    this.trace.push([turns, this.loop.time(), label, ...values.map((value) => this.show(value))].join(' '))
  }

  /** @param {any} value @returns {string} */
  show(value) {
    if (value === null || value === undefined) return 'null'
    if (typeof value !== 'object') return String(value)
    if (Array.isArray(value)) return `[${value.map((one) => this.show(one)).join(', ')}]`
    if (value instanceof AggregateError) return `Group${this.show(value.errors)}`
    if (value instanceof Error) return this.showError(value)
    for (const name in this.objects) if (this.objects[name] === value) return name
    return 'object'
  }

  /** @param {Error} error */
  showError(error) {
    const name = error instanceof Boom ? 'Boom' : error.name
    const told = error.message !== '' && (name === 'Boom' || name === 'CancelledError')
    return told ? `${name}(${error.message})` : name
  }

  /** @param {number} label @param {string} name @param {(target: any) => unknown} call */
  on(label, name, call) {
    const target = this.objects[name]
    if (target === undefined) {
      this.rec(label, 'absent')
      return
    }
    try {
      this.rec(label, call(target))
    } catch (error) {
      this.rec(label, 'raised', error)
    }
  }

  /** @param {number} label @param {string} name */
  has(label, name) {
    if (this.objects[name] !== undefined) return true
    this.rec(label, 'absent')
    return false
  }

  /** @param {number} label @param {(string | (() => unknown))[]} items */
  present(label, ...items) {
    const found = items
      .map((item) => (typeof item === 'string' ? this.objects[item] : item))
      .filter((item) => item !== undefined)
    if (found.length === 0) this.rec(label, 'absent')
    return found
  }

  /** @param {string} name @param {unknown} value */
  keep(name, value) {
    this.objects[name] = value
  }

  /** @param {number} count */
  futures(count) {
    for (let index = 0; index < count; index++) this.keep(`f${String(index)}`, this.loop.createFuture())
  }

  /** @param {{ done: Iterable<unknown>, pending: Iterable<unknown> }} both */
  sets({ done, pending }) {
    return [done, pending].map((part) => [...part].map((one) => this.show(one)).sort())
  }

  /** @param {any} future */
  state(future) {
    if (!future.done()) return 'pending'
    if (future.cancelled()) return 'cancelled'
    return future.exception() ?? future.result()
  }

  /** @param {any} value */
  task(value) {
    if (!(value instanceof this.subject.core.Task)) throw new TypeError('not a task')
    return value
  }

  /** The counter that conditions of the sync profile look at. */
  bumped() {
    return this.#bumped
  }

  bump() {
    return ++this.#bumped
  }

  currentName() {
    const name = this.subject.core.currentTask()?.getName()
    return name === undefined || !name.startsWith('Task-') ? name : 'unnamed'
  }

  /** Nothing is scheduled any more: writes down how everything ended. */
  #finish() {
    for (const name of Object.keys(this.objects).sort()) {
      const value = this.objects[name]
      if (value instanceof this.subject.core.Future) this.trace.push(`${name} ${this.endOf(value)}`)
    }
    this.#open = false
  }

  /** @param {any} future */
  endOf(future) {
    if (!future.done()) return 'pending'
    try {
      return this.show(future.result())
    } catch (error) {
      return (future.cancelled() ? 'cancelled ' : 'raised ') + this.show(error)
    }
  }

  /** Runs until nothing is scheduled. */
  async toRest() {
    const unhandled = (/** @type {unknown} */ error) => this.trace.push(`unhandled rejection ${this.show(error)}`)
    process.on('unhandledRejection', unhandled)
    /** @type {NodeJS.Timeout | undefined} */
    let timer
    const stuck = new Promise((resolve) => {
      timer = setTimeout(() => {
        this.trace.push('stuck')
        resolve(undefined)
      }, STUCK_AFTER_MS)
    })
    await Promise.race([this.loop.runForever(), stuck])
    clearTimeout(timer)
    process.off('unhandledRejection', unhandled)
    if (!this.loop.isRunning()) this.loop.close()
  }

  /** What the source of a program can name. @returns {Record<string, unknown>} */
  names() {
    const { core, sync } = this.subject
    const own = Object.fromEntries(
      /** @type {const} */ ([
        'rec',
        'on',
        'has',
        'present',
        'keep',
        'futures',
        'sets',
        'state',
        'task',
        'bump',
        'bumped',
        'currentName',
      ]).map((name) => [name, /** @type {any} */ (this)[name].bind(this)]),
    )
    return { ...core, ...sync, ...own, O: this.objects, loop: this.loop, Boom }
  }
}

/**
 * The trace of a program on `subject`, in one form of coroutine function.
 *
 * @param {Subject} subject
 * @param {Program} program
 * @param {Form} form
 */
export async function runProgram(subject, program, form) {
  const run = new Run(subject)
  const names = run.names()
  const main = new Function(...Object.keys(names), `'use strict'\n${toJavaScript(program, form)}return main`)
  run.keep('main', run.loop.createTask(main(...Object.values(names)), { name: 'main' }))
  await run.toRest()
  return run.trace
}
