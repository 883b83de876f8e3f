import { isThenable } from '../base/kinds.ts'
import type { Coroutine, CoroutineFunction, Suspension } from '../task/awaitable.ts'

/** A step of a straight program: what it returns is waited for when it can be, and its value dropped. */
type Step = () => unknown

/** One of the two kinds of coroutine function, for tests that hold for both. */
export interface Form {
  readonly name: 'async' | 'generator'
  /** A coroutine function of this kind that does the steps one after the other. */
  coroutine(...steps: readonly Step[]): CoroutineFunction<void>
}

const asyncForm: Form = {
  name: 'async',
  coroutine:
    (...steps) =>
    async () => {
      for (const step of steps) {
        const made = step()
        // Not awaited otherwise: awaiting a number, too, would give way to microtasks.
        if (isThenable(made)) await made
      }
    },
}

const generatorForm: Form = {
  name: 'generator',
  coroutine: (...steps) =>
    function* (): Coroutine<void> {
      for (const step of steps) {
        const made = step()
        if (isThenable(made)) yield* waitFor(made)
      }
    },
}

/** Both kinds of coroutine function. */
export const forms: readonly Form[] = [asyncForm, generatorForm]

function* waitFor(made: PromiseLike<unknown>): Coroutine<void> {
  if (Symbol.iterator in made) yield* made as unknown as Iterable<Suspension>
  else yield made
}
