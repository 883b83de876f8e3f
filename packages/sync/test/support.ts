import type { Awaitable, Coroutine, CoroutineFunction } from '@loop/core'
import { EventLoop, getRunningLoop, run, type Task } from '@loop/core'
import { MemorySelector, VirtualClock } from '@loop/core/testing'
import { describe, test } from 'vitest'

/** A coroutine written for both forms: what it yields is waited for, with `await` or with `yield*`. */
export type Body<T = unknown> = () => Generator<Awaitable<unknown>, T, unknown>

/** One form of coroutine function, and shorthands for a program in it. */
export interface Form {
  readonly name: 'async' | 'generator'
  /** A coroutine function of this form. */
  of<T>(body: Body<T>): CoroutineFunction<T>
}

const forms: Form[] = [
  {
    name: 'async',
    of:
      <T>(body: Body<T>) =>
      async () => {
        const steps = body()
        let next = steps.next()
        while (next.done !== true) {
          let sent: unknown
          try {
            sent = await next.value
          } catch (error) {
            next = steps.throw(error)
            continue
          }
          next = steps.next(sent)
        }
        return next.value
      },
  },
  {
    name: 'generator',
    of: <T>(body: Body<T>) =>
      function* (): Coroutine<T> {
        const steps = body()
        let next = steps.next()
        while (next.done !== true) {
          let sent: unknown
          try {
            sent = yield* next.value as Awaitable<unknown>
          } catch (error) {
            next = steps.throw(error)
            continue
          }
          next = steps.next(sent)
        }
        return next.value
      },
  },
]

/** What a program of {@link bothForms} works with. */
export interface Stage {
  readonly form: Form
  /** Starts a task of this form. */
  spawn<T>(name: string, body: Body<T>): Task<T>
  /** What happened, in order. */
  readonly log: string[]
}

export function virtualLoop(): EventLoop {
  const clock = new VirtualClock()
  return new EventLoop({ clock, selector: new MemorySelector(clock) })
}

/** Registers a test for each form; the program runs as the main task of a loop in virtual time. */
export function bothForms(name: string, program: (stage: Stage) => Generator<Awaitable<unknown>, void, unknown>): void {
  describe(name, () => {
    for (const form of forms) {
      test(form.name, async () => {
        const stage: Stage = {
          form,
          log: [],
          spawn: (taskName, body) => getRunningLoop().createTask(form.of(body), { name: taskName }),
        }
        await run(
          form.of(() => program(stage)),
          { loopFactory: virtualLoop },
        )
      })
    }
  })
}
