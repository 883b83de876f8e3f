/**
 * The driver does the waiting between turns: it arms the selector with the wait that a turn returned, and runs the next
 * turn when the selector delivers. The loop is a guest of its host: between two deliveries the host's own I/O, timers
 * and promises run.
 *
 *     turn ─> wait ─> selector.wait(wait, deliver) ··· host ··· deliver(events) ─> turn
 *
 * While something is ready, turns follow each other directly within a budget, because going through the host costs ten
 * times a turn. Each of them looks at timers, and at I/O where the selector can be asked.
 */
import type { ReadyEvents } from '../contracts/selector.ts'
import type { Drain, DrainChoice } from '../host/drain.ts'
import { chooseDrain } from '../host/drain.ts'
import type { Host } from '../host/host.ts'
import type { IoRegistry } from './io-registry.ts'
import type { LoopState } from './loop-state.ts'
import { captureContext } from './loop-state.ts'
import { ObservedTurn } from './observed-turn.ts'
import { noteStarted, noteStopped, setInTurn } from './running.ts'
import { scopes } from './scope.ts'
import type { TurnWatch } from './turn.ts'
import { nextWait, turn, turnStepwise } from './turn.ts'

/** A turn of fewer events is not worth another look: with one connection it would find nothing. */
const AGAIN_FROM = 2
/** After so many events the host's own round, which costs as much as two or three of them, no longer counts. */
const AGAIN_UNTIL = 64
const NOTHING: ReadyEvents = []
/**
 * Reading the clock costs as much as a turn of one handle. After a turn that took less than this many milliseconds, a
 * few may follow each other without a look at it, unless they run many handles: four turns a look cost as little as
 * sixteen.
 */
const QUICK_TURN_MS = 0.02
const UNTIMED_TURNS = 3
const UNTIMED_HANDLES = 16
const settled = Promise.resolve()

/** Runs one loop's turns. */
export class Driver {
  private drain: Drain | null = null
  /** Ends the promise of `run`: with an error when the selector could not wait. */
  private stopped: ((error?: Error) => void) | null = null
  /** Host time at which the host gets its thread back. */
  private end = 0
  /** Host time, and handles run, at the last look at the clock; turns that may go by without one. */
  private lookedAt = 0
  private handlesThen = 0
  private untimed = 0

  constructor(
    private readonly state: LoopState,
    private readonly io: IoRegistry,
    private readonly host: Host,
    private readonly choice: DrainChoice,
    private readonly budgetMs: number,
  ) {}

  /** Whether turns are being run. */
  get running(): boolean {
    return this.stopped !== null
  }

  /** How microtasks are drained, once that is known. */
  get drainName(): string {
    return this.drain?.name ?? 'unprobed'
  }

  /** Runs turns until one ends with `state.stopping` set. Rejects with what `selector.wait` threw. */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.stopped = (error) => {
        if (error === undefined) resolve()
        else reject(error)
      }
      // Turns run in the AsyncLocalStorage context in which the loop was started, whoever wakes it, as code of this
      // loop.
      const context = scopes.run(this.state.outside, captureContext)
      showMoreFrames()
      this.state.context = context
      noteStarted(this.state)
      context.runInAsyncScope(() => {
        this.arm(nextWait(this.state))
      })
    })
  }

  private arm(wait: number | null): void {
    const { state } = this
    if (wait !== 0) {
      state.wakeAt = wait === null ? Infinity : state.clock.now() + wait
      state.sleeping = true
    }
    try {
      this.state.selector.wait(wait, this.deliver)
    } catch (error) {
      state.sleeping = false
      this.finish(error as Error)
    }
  }

  private readonly deliver = (events: ReadyEvents): void => {
    // Abandoned while it slept.
    if (this.stopped === null) return
    const { state } = this
    state.sleeping = false
    const drain = (this.drain ??= chooseDrain(this.choice))
    setInTurn(state)
    this.lookedAt = this.budgetMs > 0 ? this.host.now() : 0
    this.end = this.lookedAt + this.budgetMs
    this.handlesThen = state.handles
    this.untimed = 0
    if (drain.run === null) this.turnInSteps(events)
    else this.runTurns(events, drain.run)
  }

  private runTurns(events: ReadyEvents, drain: () => void): void {
    const { state } = this
    let wait: number | null = 0
    let served = 0
    let watch: TurnWatch | null = null
    try {
      for (;;) {
        watch = this.watch()
        wait = turn(state, this.io, events, drain, watch)
        served += events.length
        if (this.mayContinue(wait)) {
          events = this.state.selector.poll?.() ?? NOTHING
        } else {
          if (wait === 0 || events.length < AGAIN_FROM || served >= AGAIN_UNTIL) break
          if (this.state.stopping || this.state.selector.again === undefined || this.host.now() >= this.end) break
          events = this.state.selector.again()
          if (events.length === 0) break
          // Should the turn over them be broken off, its rest must not wait.
          wait = 0
        }
      }
    } finally {
      // Also when the program's own nextTick callback threw: that error is the host's, the loop goes on.
      watch?.brokenOff()
      setInTurn(null)
      state.current = null
      this.next(wait)
    }
  }

  private watch(): TurnWatch | null {
    const { observer } = this.state
    return observer === null ? null : new ObservedTurn(this.state, observer, this.host.now)
  }

  private readonly afterMicrotasks = (callback: () => void): void => {
    void settled.then(() => {
      this.host.nextTick(callback)
    })
  }

  /** One turn over `found`, or over what the selector has now. */
  private turnInSteps(found: ReadyEvents | null): void {
    const { state } = this
    try {
      const events = found ?? this.state.selector.poll?.() ?? NOTHING
      turnStepwise(state, this.io, events, this.afterMicrotasks, this.watch(), this.continueStepwise)
    } catch (error) {
      // Whoever orders or watches the turn threw: that error is the host's, the loop goes on. Only once, where turns
      // are nested.
      if (state.turning) {
        setInTurn(null)
        state.current = null
        this.next(0)
      }
      throw error
    }
  }

  private readonly continueStepwise = (wait: number | null): void => {
    if (this.mayContinue(wait)) {
      this.turnInSteps(null)
      return
    }
    setInTurn(null)
    this.next(wait)
  }

  /** Whether another turn follows without going through the host. */
  private mayContinue(wait: number | null): boolean {
    const { state } = this
    if (wait !== 0 || state.stopping || this.budgetMs <= 0) return false
    if (this.untimed > 0 && state.handles - this.handlesThen < UNTIMED_HANDLES) {
      this.untimed--
      return true
    }
    const now = this.host.now()
    this.untimed = now - this.lookedAt < QUICK_TURN_MS ? UNTIMED_TURNS : 0
    this.lookedAt = now
    this.handlesThen = state.handles
    return now < this.end
  }

  /** Runs no more turns, and tells nobody that they have ended. */
  abandon(): void {
    if (this.running) noteStopped(this.state)
    this.stopped = null
  }

  private next(wait: number | null): void {
    if (this.stopped === null) return
    if (!this.state.stopping) {
      this.arm(wait)
      return
    }
    this.state.stopping = false
    this.finish()
  }

  private finish(error?: Error): void {
    noteStopped(this.state)
    const { stopped } = this
    this.stopped = null
    stopped?.(error)
  }
}

/**
 * Frames of an error that are kept while a loop runs: eight of V8's ten would be those between Node and the program.
 */
const STACK_FRAMES = 30

function showMoreFrames(): void {
  try {
    if (Error.stackTraceLimit < STACK_FRAMES && Error.stackTraceLimit > 0) Error.stackTraceLimit = STACK_FRAMES
  } catch {
    // Frozen, under --frozen-intrinsics.
  }
}
