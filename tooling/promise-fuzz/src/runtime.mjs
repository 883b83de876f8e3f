/** Runs a program: its loops in one world, the names that its source uses, and the account at the end. */
import { root } from './callbacks.mjs'
import { Boom, isGeneratorFunction, Me, show } from './checks.mjs'
import { LoopLabel, mayBeCancelled, Node, mayBeLate } from './labels.mjs'
import { print } from './print.mjs'
import { Scopes } from './scopes.mjs'
import { WorldSelector } from './world.mjs'

/** The run whose program is going on; errors that reach the process belong to it. @type {Run | null} */
let running = null
const begin = (/** @type {Run | null} */ run) => {
  running = run
}
process.on('unhandledRejection', (/** @type {any} */ reason) =>
  running?.violation(`unhandledRejection: ${show(reason)}`),
)
process.on('uncaughtException', (/** @type {any} */ error) => running?.violation(`uncaughtException: ${show(error)}`))

export class Run extends Scopes {
  /** Until nothing that nobody waits for is left. @param {LoopLabel} home */
  async quiet(home) {
    while (home.strays > 0) await new Promise((resolve) => home.listeners.push(() => resolve(0)))
  }

  /** @param {LoopLabel} home @param {Function} main @param {{ tidy: boolean, budget: number }} how */
  async #main(home, main, { tidy, budget }) {
    const { core, world } = this
    const node = new Node('task', null, home)
    const me = this.taskMe(new Me(home, null, node, undefined), `main of ${home.name}`, node)
    const coroutine = this.coroutine(me, main)
    const end = () => {
      this.tidy(home)
      home.ending = true
    }
    const wait = async () => {
      if (!tidy) return
      await this.quiet(home)
      // What goes on at this very moment is refused, or not, before the account.
      await this.tick(me, 'immediate')
    }
    const whole = isGeneratorFunction(main)
      ? function* () {
          try {
            return yield* coroutine()
          } finally {
            yield wait()
            end()
          }
        }
      : async () => {
          try {
            return await coroutine()
          } finally {
            await wait()
            end()
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
        if (!(error instanceof core.CancelledError && mayBeCancelled(node, this.now)))
          this.violation(`run() threw ${show(error)}`)
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
    if (exception instanceof Boom || exception instanceof core.TimeoutError || exception instanceof AggregateError)
      return
    // An async callback that waited for something that was cancelled, or whose loop has ended.
    if (exception instanceof core.CancelledError && message.startsWith('Exception in callback')) return
    const ends = this.homes.some(({ ending }) => ending)
    if (
      ends &&
      (exception instanceof core.CancelledError ||
        exception instanceof core.InvalidStateError ||
        exception instanceof core.LoopClosedError)
    )
      return
    this.violation(`reported: ${message}: ${show(exception)}`)
  }

  /** @returns {Promise<string[]>} what was wrong */
  async run() {
    begin(this)
    const names = this.#names()
    const mains = new Function(...Object.keys(names), `'use strict'\n${print(this.program)}`)(...Object.values(names))
    let open = mains.length
    for (const [index, main] of mains.entries()) {
      const home = new LoopLabel(`L${String(index)}`)
      this.homes.push(home)
      const start = () =>
        root.runInAsyncScope(() =>
          this.#main(home, main, /** @type {import('./program.mjs').LoopProgram} */ (this.program.loops[index])),
        )
      void start()
        .catch((error) => this.violation(`the check itself failed: ${error?.stack}`))
        .finally(() => open--)
    }
    const why = await this.world.run()
    if (why === 'endless') this.violation(`endless: ${this.#whereabouts()}`)
    else if (open > 0) this.violation(`hang: ${this.#whereabouts()}`)
    else this.#account()
    // Node looks for unhandled rejections when a macrotask has ended.
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    begin(null)
    return this.violations
  }

  #account() {
    for (const label of this.labels) {
      const { name, task } = label
      if (task === null) continue
      if (!task.done() && !label.late) this.violation(`${name} never ended`)
      if (label.started > 1 || label.ends > 1)
        this.violation(`${name} ran ${label.started} times and ended ${label.ends} times`)
      if (label.doneCalls > 1) this.violation(`${name} called its done callback ${label.doneCalls} times`)
      // What it waited for was asked in its stead, and may have spent the request on code beside its own.
      const spent = [...label.node.waitsFor].some((other) => mayBeLate(other))
      if (
        label.cancelled &&
        label.excuse === null &&
        !spent &&
        task.done() &&
        !task.cancelled() &&
        task.exception() === null
      ) {
        this.violation(`${name} was asked to end and ended with a result`)
      }
    }
  }

  /** Who waits for what. */
  #whereabouts() {
    const waiting = this.labels.filter(({ task }) => task !== null && !task.done())
    const homes = this.homes.filter(({ ended }) => !ended).map(({ name, strays }) => `${name} has ${strays} strays`)
    const tasks = waiting.map(
      ({ name, task }) =>
        `${name} awaits [${task
          .awaiting()
          .map((/** @type {any} */ one) => one.constructor.name)
          .join(', ')}]`,
    )
    return [...homes, ...tasks].join('; ')
  }

  /** What the source of a program can name. @returns {Record<string, unknown>} */
  #names() {
    const own = /** @type {const} */ ([
      'at',
      'tolerate',
      'swallow',
      'sleep',
      'foreign',
      'fails',
      'request',
      'tick',
      'event',
      'wrap',
      'wrapped',
      'adopt',
      'ticks',
      'branch',
      'join',
      'detach',
      'listen',
      'emit',
      'extend',
      'store',
      'memo',
      'chained',
      'exclusive',
      'limited',
      'later',
      'whenDone',
      'host',
      'handler',
      'task',
      'abort',
      'use',
      'cancel',
      'cancelGroup',
      'item',
      'part',
      'timeout',
      'group',
      'waitFor',
      'wait',
      'lock',
      'flag',
      'get',
      'excuse',
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
