import { describe, test } from 'vitest'
import type { LoopOptions } from '../src/index.ts'
import { EventLoop } from '../src/index.ts'
import type { Form } from '../src/testing/forms.ts'
import { forms } from '../src/testing/forms.ts'
import { MemorySelector, VirtualClock } from '../src/testing/index.ts'

export { forms }
export type { Form }

/** A loop in virtual time. */
export function virtualLoop(options: LoopOptions = {}): EventLoop {
  const clock = new VirtualClock()
  return new EventLoop({ clock, selector: new MemorySelector(clock), ...options })
}

/** Registers a test for each kind of coroutine function. */
export function bothForms(name: string, body: (form: Form) => Promise<void>): void {
  describe(name, () => {
    for (const form of forms) test(form.name, () => body(form))
  })
}

/** A promise that is not the loop's, settled at a time of the loop. */
export function native<T>(loop: EventLoop, ms: number, value?: T): Promise<T> {
  return new Promise((resolve) => {
    loop.callLater(ms, () => {
      resolve(value as T)
    })
  })
}
