import { describe, test } from 'vitest'
import type { Coroutine } from '../src/index.ts'
import { EventLoop, run } from '../src/index.ts'
import { MemorySelector, VirtualClock } from '../src/testing/index.ts'

/** A loop in virtual time. */
export function virtualLoop(): EventLoop {
  const clock = new VirtualClock()
  return new EventLoop({ clock, selector: new MemorySelector(clock) })
}

/** A step of a program: what it returns is awaited when it can be. */
export type Step = () => unknown

/** One of the two kinds of coroutine function. */
export interface Form {
  readonly name: 'async' | 'generator'
  /** Runs the steps one after another in one task. */
  run(loopFactory: () => EventLoop, steps: Step[]): Promise<void>
}

const forms: Form[] = [
  {
    name: 'async',
    run: (loopFactory, steps) =>
      run(
        async () => {
          for (const step of steps) await waitable(step())
        },
        { loopFactory },
      ),
  },
  {
    name: 'generator',
    run: (loopFactory, steps) =>
      run(
        function* (): Coroutine<void> {
          for (const step of steps) {
            const made = step()
            if (isAwaitable(made)) yield* made
          }
        },
        { loopFactory },
      ),
  },
]

/** Registers a test for each kind of coroutine function. */
export function bothForms(name: string, body: (form: Form) => Promise<void>): void {
  describe(name, () => {
    for (const form of forms) test(form.name, () => body(form))
  })
}

function isAwaitable(made: unknown): made is Coroutine<unknown> {
  return typeof made === 'object' && made !== null && 'then' in made && Symbol.iterator in made
}

function waitable(made: unknown): unknown {
  return typeof made === 'object' && made !== null && 'then' in made ? made : undefined
}
