import { AsyncResource } from 'node:async_hooks'
import process from 'node:process'
import type { ExceptionContext, LoopObserver, Runnable, TickWatcher } from '../contracts/observe.ts'
import type { Selector } from '../contracts/selector.ts'
import type { AnyFunction, Clock, OrderPolicy } from '../contracts/services.ts'
import { CancelledError, LoopClosedError } from '../base/errors.ts'
import { ReadyQueue } from '../base/ready-queue.ts'
import { TaskList } from '../base/task-list.ts'
import type { TimerItem } from '../base/timer-heap.ts'
import { TimerHeap } from '../base/timer-heap.ts'
import { UnseenFailures } from '../base/unseen-failures.ts'
import type { ScopeHome, ScopeTask } from './scope.ts'
import { Scope, scopes } from './scope.ts'

/**
 * Frames looked at for a source: V8's ten are used up by the helpers of another package before the program's own line.
 */
const SOURCE_FRAMES = 30

/** Without debug mode: enough for helpers of the loop and a line of the program, at half of the price. */
const FEWER_FRAMES = 12
/** Places noted in a second without debug mode. Each takes some 10 µs, so they take a hundredth of the time at most. */
const NOTES_A_SECOND = 1000

/** A timer as the turn sees it. */
export type TimerEntry = TimerItem & Runnable & { due(): void }

/**
 * What one loop is at this moment: the data that the turn, the handles, the futures and the tasks work on.
 * It decides nothing; the loop object in front of it is the public face.
 */
export class LoopState implements ScopeHome {
  readonly ready = new ReadyQueue<Runnable>()
  readonly timers = new TimerHeap<TimerEntry>()
  /** Tasks that are not done. */
  readonly tasks = new TaskList()
  /** Failures that nobody has looked at yet. */
  readonly unseen = new UnseenFailures((context) => {
    this.report(context)
  })

  /** The scope whose step, or whose microtasks after it, are running. */
  current: Scope | null = null
  /** The callback which is running, as long as its own call lasts: it belongs to no task. */
  calling: (AsyncResource & { readonly target: AnyFunction | null }) | null = null
  /** True during turns. */
  turning = false
  /** The scope of code of this loop outside of tasks. */
  readonly outside = new Scope(this, null, null)
  /** Whether turns are being run. */
  running = false
  /** True while an armed wait must be woken for new work. */
  sleeping = false
  stopping = false
  closed = false
  turns = 0
  handles = 0
  events = 0
  timersFired = 0
  /** Foreign promises that futures of this loop wait for. */
  promises = 0
  observer: LoopObserver | null = null
  watcher: TickWatcher | null = null
  /** The watcher's clock when the last handle ended. */
  private lastTick = 0
  /** Called once when the loop is closed: what leads into the loop from elsewhere shuts then. */
  readonly closers = new Set<() => void>()
  /**
   * Where tasks and futures were made, and in debug mode where handles were scheduled; null when nobody wants to know.
   */
  origins: WeakMap<object, { stack?: string }> | null = null
  /** Whether everything is noted, as in debug mode; else tasks and futures are, as many as cost little. */
  noteAll = false
  /** Notes made since `notesSince`, a time of the clock. */
  private notes = 0
  private notesSince = 0
  /** Whether the current scope is that of the code's async context; else it is `current`. */
  inContext = true
  /** The AsyncLocalStorage context in which turns run; null before the first run. */
  context: AsyncResource | null = null

  constructor(
    /** The public loop object. */
    readonly owner: object,
    readonly selector: Selector,
    readonly clock: Clock,
    readonly order: OrderPolicy | null,
    /** Takes the errors that nobody else takes. */
    readonly report: (context: ExceptionContext) => void,
  ) {}

  /** Ends the armed wait, or the next one; turns run in the context of the loop, whoever wakes it. */
  wake(): void {
    if (this.context === null) this.selector.wake()
    else this.context.runInAsyncScope(wake, this.selector)
  }

  /** Puts a runnable at the end of the ready queue. */
  push(item: Runnable): void {
    this.ready.push(item)
    if (this.sleeping) {
      this.sleeping = false
      this.wake()
    }
  }

  /** Adds a timer, and shortens an armed wait that would end after it. */
  addTimer(timer: TimerEntry): void {
    const { order } = this
    if (order?.deadline !== undefined)
      (timer as { deadline: number }).deadline = order.deadline(this.clock.now(), timer.deadline)
    this.timers.push(timer, order === null ? 0 : order.tieRank())
    if (this.sleeping && timer.deadline < this.wakeAt) {
      this.sleeping = false
      this.wake()
    }
  }

  /** Loop time at which the armed wait ends by itself. */
  wakeAt = Infinity

  /** Tells the watcher of a handle during which its clock moved; null only takes the time. */
  checkTicks(watcher: TickWatcher, runnable: Runnable | null): void {
    const tick = watcher.ticks[0]!
    const passed = (tick - this.lastTick) | 0
    if (passed === 0) return
    this.lastTick = tick
    if (runnable !== null) watcher.ticked(runnable, passed)
  }

  /** Forgets all that would ever run. */
  abandon(): void {
    this.closed = true
    this.ready.clear()
    this.unseen.abandon()
    this.wake = () => {}
  }

  /** Throws unless things can still be scheduled. */
  checkOpen(): void {
    if (this.closed) throw new LoopClosedError('the event loop is closed; nothing can be scheduled on it')
  }

  /** The scope that the calling code runs in, or null outside of tasks and scopes of this loop. */
  currentScope(): Scope | null {
    if (!this.inContext) {
      if (this.current === null && this.noteAll && !this.turning) this.warnOfForeignAwait()
      return this.current
    }
    const scope = scopes.getStore()
    return scope === undefined || scope.state !== this ? null : this.present(scope)
  }

  /** The scope of code whose async context has `scope`. */
  present(scope: Scope): Scope | null {
    if (this.calling !== null && scope === this.calling.runInAsyncScope(storedScope)) return null
    if (scope.task === null || !scope.task.done() || scope.isAbandoned()) return scope
    // What a task has left running when it ended belongs to no task; a timeout in it still is one.
    return scope.openInside()
  }

  /** The task that the calling code belongs to, if that is known. */
  currentTask(): ScopeTask | null {
    const task = this.currentScope()?.task ?? null
    return task === null || task.done() ? null : task
  }

  private warned = false

  /**
   * Code that comes from outside of the loop's turns is of a task whose handle has ended, or of none; nobody can tell.
   */
  private warnOfForeignAwait(): void {
    if (this.warned || !this.running) return
    this.warned = true
    process.emitWarning(
      "code waits for this loop after it awaited something foreign, and with attribution: 'handle' its task is not known: use loop.wrap, or leave that option out",
      { type: 'LoopWarning', code: 'LOOP_UNKNOWN_TASK' },
    )
  }

  /** Calls `fn(...args)` in `scope`: what it goes on to do is there, too. */
  within<A extends unknown[], R>(scope: Scope, fn: (...args: A) => R, ...args: A): R {
    const { current, calling } = this
    this.current = scope
    this.calling = null
    if (!this.inContext) this.atNextMicrotask(scope)
    try {
      return this.inContext ? scopes.run(scope, fn, ...args) : fn(...args)
    } finally {
      this.current = current
      this.calling = calling
      if (!this.inContext) this.atNextMicrotask(current)
    }
  }

  /**
   * Without contexts, `await future` reaches the future in a microtask. Those that `within` brings about stand between
   * two of these, and so are put down to its scope; what comes after another await is not.
   */
  private atNextMicrotask(scope: Scope | null): void {
    if (this.turning) void settled.then(() => (this.current = scope))
  }

  /** Scopes that kept a request in this turn. */
  private readonly keeping: Scope[] = []

  checkSoon(scope: Scope): void {
    if (this.turning) this.keeping.push(scope)
    else
      this.push({
        run: () => {
          scope.requestKept()
        },
      })
  }

  /** At the end of a turn: requests that nothing will meet end foreign waits, and failures are recorded. */
  turnEnded(): void {
    if (this.keeping.length > 0) for (const scope of this.keeping.splice(0)) scope.requestKept()
    this.unseen.turnEnded(this.ready.length === 0)
  }

  /** Tells of an error of code that was left behind: in debug mode, because nobody can do anything about it. */
  reportLate(exception: unknown): void {
    if (!this.noteAll || exception instanceof CancelledError) return
    this.report({ message: 'Exception in code that its task or scope had left behind', exception })
  }

  /** Notes where `item` was made or scheduled, in debug mode or if there were few notes of late. */
  noteOrigin(item: object): void {
    if (!this.noteAll && !this.mayNote()) return
    const here: { stack?: string } = {}
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = this.noteAll ? SOURCE_FRAMES : FEWER_FRAMES
    Error.captureStackTrace(here)
    Error.stackTraceLimit = stackTraceLimit
    this.origins?.set(item, here)
  }

  private mayNote(): boolean {
    if (this.notes === 0) this.notesSince = this.clock.now()
    if (this.notes++ < NOTES_A_SECOND) return true
    // To look at the clock each time would cost more than all the rest.
    if (this.notes % 64 !== 0) return false
    const now = this.clock.now()
    if (now - this.notesSince < 1000) return false
    this.notesSince = now
    this.notes = 1
    return true
  }

  /**
   * Where `item` was scheduled, from the first frame outside of this package. The text of a stack is made here, when
   * somebody asks: making it costs ten times as much as capturing the stack, and most are never read.
   */
  originOf(item: object): string | undefined {
    const here = this.origins?.get(item)
    if (here === undefined) return undefined
    const frames = (here.stack ?? '').split('\n').slice(1)
    const first = frames.findIndex((frame) => {
      const text = frame.replaceAll('\\', '/')
      return !text.includes(OWN_URL) && !text.includes(OWN_DIRECTORY)
    })
    return frames.slice(Math.max(0, first)).join('\n')
  }
}

/**
 * Where this package's code is, as frames name it, by URL or by path: in sources this file stands in a folder of theirs.
 * Frames of it above the program's own say nothing to its reader.
 */
const OWN_URL = new URL(/\/turn\/loop-state\.[jt]s$/.test(import.meta.url) ? '..' : '.', import.meta.url).href
const OWN_DIRECTORY = decodeURI(new URL(OWN_URL).pathname).replace(/^\/(?=[A-Z]:)/i, '')

const settled = Promise.resolve()

function storedScope(): Scope | undefined {
  return scopes.getStore()
}

/** Options of AsyncResource: it needs no destroy event, which would cost a finalizer each. */
export const RESOURCE = { requireManualDestroy: true }

/**
 * The AsyncLocalStorage context of this moment, as an object that can run things in it.
 * AsyncResource, because it costs 13 ns to make and 5 ns to enter; AsyncLocalStorage.snapshot() costs microseconds.
 */
export function captureContext(): AsyncResource {
  return new AsyncResource('LoopHandle', RESOURCE)
}

function wake(this: Selector): void {
  this.wake()
}
