/** What a shutdown does, phase by phase; its options and reports are in graceful-shutdown.ts. */
import { allTasks, CancelledError } from '@loop/core'
import type { Coroutine, EventLoop, Future, Task } from '@loop/core'
import { asleepUntil, awaitedBy } from './awaiting.ts'
import type { HttpRequests } from './http-requests.ts'
import type { PartLimits } from './parts.ts'
import type { ShutdownPhase, UnfinishedWork } from './shutdown-report.ts'
import { unfinishedTask, waitsFor } from './shutdown-report.ts'
import type { Steps } from './steps.ts'
import { step } from './steps.ts'
import type { PhaseLimits, Timetable } from './timetable.ts'

/** The message of the cancellation. */
export const WHY = 'the program is shutting down'

/**
 * Milliseconds after which a drain looks again at what is left, at first and at most: most work ends quickly, some goes
 * to sleep.
 */
const FIRST_LOOK_MS = 20
const LONGEST_LOOK_MS = 320

/** Ends the phases when the shutdown was forced. */
class Forced extends Error {}

/** Is called as the phases go on. None of its members throws. */
export interface PhaseListener {
  entered(phase: ShutdownPhase): void
  /** A task failed in its clean-up. */
  failed(name: string, error: unknown): void
  /** Calls the program, which may throw. */
  guard(name: string, call: () => unknown): void
  /** The main task is about to be cancelled, as it is not in `wait`. */
  cancelsMain(): void
}

/** What the phases work on. */
export interface PhaseParts {
  readonly loop: EventLoop
  readonly timetable: Timetable
  readonly steps: Steps
  readonly requests: HttpRequests
  /** The task that prepared the shutdown: the program's main task, most often. */
  readonly main: Task | null
  /** The tasks in `wait`: they are not cancelled. */
  readonly waiting: ReadonlySet<Task>
}

/** See the top of this file. */
export class Phases {
  /** What did not end by itself. */
  readonly cancelled: UnfinishedWork[] = []
  /** Tasks whose end is waited for after they were cancelled. */
  private readonly cleaning = new Set<Task>()
  /**
   * The tasks there were when main ended: later ones are those of the run that it was the main task of, which clean up
   * themselves.
   */
  private known: ReadonlySet<Task> | null = null
  private readonly noted = new WeakSet<Task>()
  private startedAt: number | null = null
  private own: Task | null = null
  private forced = false
  /** Has them look at what they wait for. */
  wake: () => void = () => {}

  constructor(
    private readonly parts: PhaseParts,
    private readonly listener: PhaseListener,
  ) {}

  /** Begins them, in a task of their own; `done` is called in the end, unless they are cut. */
  start(done: () => void): void {
    this.startedAt = this.parts.loop.time()
    this.own = this.parts.loop.createTask(() => this.run(done), { name: 'graceful shutdown' })
    const { main } = this.parts
    if (main === null || main.done()) return
    main.addDoneCallback(() => {
      this.known = new Set(allTasks(this.parts.loop))
    })
  }

  /** Cuts them off. */
  cut(): void {
    this.forced = true
    this.wake()
  }

  /** How much time the phases leave from now on, in milliseconds. */
  limits(): PartLimits {
    const now = this.parts.loop.time()
    const left = (phase: keyof PhaseLimits): number =>
      Math.max(0, this.parts.timetable.endOf(phase, this.startedAt ?? now, now) - now)
    return { untilDrained: left('drain'), untilClosed: left('close') }
  }

  /** What has not ended, although it was asked to. */
  unfinished(): UnfinishedWork[] {
    return [
      ...this.parts.steps.running().map((task) => ({ name: task.getName(), waitsFor: waitsFor(task) ?? 'itself' })),
      ...this.stillCleaning().map(unfinishedTask),
    ]
  }

  private *run(done: () => void): Coroutine<void> {
    try {
      yield* this.runStopAccepting()
      yield* this.runDrain()
      yield* this.runCancel()
      yield* this.runClose()
      yield* this.settle(() => [...this.parts.steps.running(), ...this.stillCleaning()], Infinity)
      for (const task of this.cleaning) if (task.done()) this.cleaned(task)
      this.listener.entered('done')
      done()
    } catch (error) {
      if (!(error instanceof Forced)) throw error
    }
  }

  private *runStopAccepting(): Coroutine<void> {
    const until = this.enter('stop accepting', 'stopAccepting')
    this.parts.steps.startAll('stop accepting')
    yield* this.turn()
    this.parts.requests.end()
    yield* this.settle(() => this.parts.steps.running(), until)
    this.parts.requests.end()
  }

  /** Waits for what is running, while it can still end by itself. */
  private *runDrain(): Coroutine<void> {
    const until = this.enter('drain', 'drain')
    this.parts.steps.startAll('drain')
    // What was under way when the signal came may begin tasks in this turn.
    yield* this.turn()
    let asleep: ReadonlySet<unknown> = new Set()
    const work = (): Task[] => [...this.parts.steps.running(), ...this.tasks().filter((task) => !asleep.has(task))]
    const unanswered = (): boolean => this.parts.requests.count > 0
    for (let look = FIRST_LOOK_MS; ; look = Math.min(2 * look, LONGEST_LOOK_MS)) {
      yield* this.settle(work, Math.min(until, this.parts.loop.time() + look), unanswered)
      if (this.parts.loop.time() >= until) break
      asleep = asleepUntil(this.tasks(), until)
      if (work().length === 0 && !unanswered()) break
    }
    this.cancelled.push(...this.parts.requests.list())
  }

  private *runCancel(): Coroutine<void> {
    const until = this.enter('cancel tasks', 'cancel')
    const { main, waiting } = this.parts
    // It never came to wait, or does something else meanwhile.
    const away = (): boolean => main !== null && !main.done() && !waiting.has(main)
    // Main last: when it ends, so does the run that it is the main task of, which cancels what is left once more.
    const others = (): Task[] => this.tasks().filter((task) => task !== main && !this.cleaning.has(task))
    // A request goes on to what a task waits for. Asked twice, that would be cut in its clean-up.
    const outermost = (): Task[] => {
      const inner = awaitedBy(this.tasks())
      return others().filter((task) => !inner.has(task))
    }
    // Those inside are reported too: nobody gets their answer.
    for (const task of others()) this.note(task)
    yield* this.cancelAll(outermost, away() ? (this.parts.loop.time() + until) / 2 : until)
    if (away()) {
      this.listener.cancelsMain()
      yield* this.cancelAll(() => (away() && !this.cleaning.has(main!) ? [main!] : []), until)
      // Its run stops the loop, and cancels the tasks that there are then: steps are begun after that.
      while (main!.done() && this.known === null) yield* this.turn()
      yield* this.turn()
    }
    yield* this.cancelAll(others, until)
  }

  /** Cancels tasks and waits for their clean-up, again while clean-ups have started tasks and left them. */
  private *cancelAll(tasks: () => Task[], until: number): Coroutine<void> {
    for (let left = tasks(); left.length > 0; left = tasks()) {
      for (const task of left) {
        this.cleaning.add(task)
        this.note(task)
        this.listener.guard(task.getName(), () => task.cancel(WHY))
      }
      yield* this.settle(() => left.filter((task) => !task.done() && !this.parts.waiting.has(task)), until)
      for (const task of left) if (task.done()) this.cleaned(task)
      if (this.parts.loop.time() >= until) return
    }
  }

  private note(task: Task): void {
    if (this.noted.has(task)) return
    this.noted.add(task)
    this.cancelled.push(unfinishedTask(task))
  }

  private cleaned(task: Task): void {
    this.cleaning.delete(task)
    if (!task.cancelled() && task.exception() !== null) this.listener.failed(task.getName(), task.exception())
  }

  private *runClose(): Coroutine<void> {
    const until = this.enter('close', 'close')
    this.parts.requests.cut()
    this.parts.steps.addLast(
      'close',
      step('default executor', () => this.parts.loop.shutdownDefaultExecutor(this.limits().untilClosed)),
    )
    // When the time is over the others are begun all the same, and nobody waits for them before the end.
    for (let begun = this.parts.steps.startNext('close'); begun !== null; begun = this.parts.steps.startNext('close')) {
      const running = begun
      yield* this.settle(() => [running], until)
    }
  }

  /**
   * Waits until all of `futures` are done and nothing is left `besides`, or until a loop time. Requests to cancel the
   * shutdown itself do not end it: those come from a run that ends while it is in progress.
   */
  private *settle(
    futures: () => readonly Future[],
    until: number,
    besides: () => boolean = () => false,
  ): Coroutine<void> {
    for (;;) {
      if (this.forced) throw new Forced()
      const pending = futures().filter((future) => !future.done())
      if ((pending.length === 0 && !besides()) || this.parts.loop.time() >= until) return
      const woken = this.parts.loop.createFuture<undefined>()
      this.wake = () => {
        if (!woken.done()) woken.setResult(undefined)
      }
      let left = pending.length
      const onDone = (): void => {
        if (--left === 0) this.wake()
      }
      for (const future of pending) future.addDoneCallback(onDone)
      const timer = until === Infinity ? null : this.parts.loop.callAt(until, this.wake)
      try {
        yield* woken
      } catch (error) {
        if (!(error instanceof CancelledError)) throw error
      } finally {
        timer?.cancel()
        for (const future of pending) future.removeDoneCallback(onDone)
      }
    }
  }

  private *turn(): Coroutine<void> {
    try {
      yield undefined
    } catch (error) {
      if (!(error instanceof CancelledError)) throw error
    }
  }

  /** The tasks of the program that run, those that wait for the shutdown excepted. */
  private tasks(): Task[] {
    const { loop, steps, waiting } = this.parts
    const { known, own } = this
    const others = new Set<Task | null>([own, ...waiting, ...steps.running()])
    return [...allTasks(loop)].filter((task) => !others.has(task) && (known === null || known.has(task)))
  }

  private stillCleaning(): Task[] {
    return [...this.cleaning].filter((task) => !task.done() && !this.parts.waiting.has(task))
  }

  /** Gives the time at which the phase is over. */
  private enter(phase: ShutdownPhase, limited: keyof PhaseLimits): number {
    this.listener.entered(phase)
    return this.parts.timetable.endOf(limited, this.startedAt!, this.parts.loop.time())
  }
}
