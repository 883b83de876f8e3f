import type { Selector } from '../contracts/selector.ts'
import type { TestPipe } from './memory-pipe.ts'
import { memoryPipe } from './memory-pipe.ts'
import { poll } from './selector-suite/poll.ts'
import { readiness } from './selector-suite/readiness.ts'
import { registration } from './selector-suite/registration.ts'
import type { SelectorSubject } from './selector-suite/subject.ts'
import { waiting } from './selector-suite/waiting.ts'
import type { SuiteOptions, SuiteTest } from './suite.ts'
import { registerCases } from './suite.ts'

/** Options of {@link selectorSuite}. */
export interface SelectorSuiteOptions extends SuiteOptions {
  /** Makes a pipe whose ends the selector can watch; {@link memoryPipe} by default. */
  readonly pipe?: () => TestPipe
}

/**
 * The rules of the `Selector` contract as tests, for any implementation. Themes: waiting, registration, readiness,
 * poll. That an armed wait keeps the process alive is the one rule that is left to each package, as it takes a process
 * to see.
 *
 * ```ts
 * selectorSuite(test, () => new PollSelector())
 * selectorSuite(test, () => new NativeSelector(), { pipe: systemPipe, skip: { poll: 'events come batched' } })
 * ```
 */
export function selectorSuite(
  test: SuiteTest,
  factory: () => Selector | Promise<Selector>,
  options: SelectorSuiteOptions = {},
): void {
  const { pipe = memoryPipe } = options
  const subject = async (body: (subject: SelectorSubject) => void | Promise<void>): Promise<void> => {
    const selector = await factory()
    const pipes: TestPipe[] = []
    const tracked = (): TestPipe => {
      const made = pipe()
      pipes.push(made)
      return made
    }
    try {
      await body({ selector, pipe: tracked })
    } finally {
      selector.close()
      for (const made of pipes) made.close()
    }
  }
  registerCases(test, { waiting, registration, readiness, poll }, subject, options)
}
