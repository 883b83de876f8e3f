import { CancelledError, coroutine } from '@loop/core'
import { describe } from '@loop/core/lowlevel'
import type { Coroutine, EventLoop, Task } from '@loop/core'

/** Something that a phase does. */
export interface Step {
  readonly name: string
  readonly run: () => unknown
}

export type SteppedPhase = 'stop accepting' | 'drain' | 'close'

/** Throws TypeError for a step that cannot be run. */
export function step(fallback: string, run: () => unknown, name?: string): Step {
  if (typeof run !== 'function')
    throw new TypeError(`a step of a shutdown is a function, not ${describe(run)}: pass it without calling it`)
  return { name: (name ?? run.name) || fallback, run }
}

/**
 * The steps of a shutdown: those to come, and those that run, each as a task, so that a report can tell what it waits
 * for.
 */
export class Steps {
  private readonly waiting: Readonly<Record<SteppedPhase, Step[]>> = { 'stop accepting': [], drain: [], close: [] }
  private readonly tasks = new Set<Task>()

  /** `onFailure` gets what a step throws, which ends no other. */
  constructor(
    private readonly loop: EventLoop,
    private readonly onFailure: (name: string, error: unknown) => void,
  ) {}

  /** Adds a step; those of 'close' are the other way round. */
  add(phase: SteppedPhase, added: Step): void {
    if (phase === 'close') this.waiting.close.unshift(added)
    else this.waiting[phase].push(added)
  }

  addLast(phase: SteppedPhase, added: Step): void {
    this.waiting[phase].push(added)
  }

  startAll(phase: SteppedPhase): void {
    while (this.startNext(phase) !== null);
  }

  /** Begins the next step of a phase; null when there is none. */
  startNext(phase: SteppedPhase): Task | null {
    const next = this.waiting[phase].shift()
    return next === undefined ? null : this.start(next)
  }

  /** Begins a step. Its task does not fail. */
  start({ name, run }: Step): Task {
    let begun = false
    const task = this.loop.createTask(
      async () => {
        begun = true
        try {
          const made = run()
          await (isGenerator(made) ? coroutine(made) : made)
        } catch (error) {
          this.onFailure(name, error)
        }
      },
      { name },
    )
    this.tasks.add(task)
    task.addDoneCallback(() => {
      this.tasks.delete(task)
      if (!begun) this.onFailure(name, new CancelledError('cancelled before it began'))
    })
    return task
  }

  /** Those that were begun and have not ended. */
  running(): readonly Task[] {
    return [...this.tasks].filter((task) => !task.done())
  }
}

function isGenerator(made: unknown): made is Coroutine<unknown> {
  return (
    made !== null &&
    typeof made === 'object' &&
    typeof (made as { next?: unknown }).next === 'function' &&
    Symbol.iterator in made
  )
}
