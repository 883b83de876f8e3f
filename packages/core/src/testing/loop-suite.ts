import type { EventLoop } from '../loop/event-loop.ts'
import { leakCheck } from './leak-check.ts'
import { cancellation } from './loop-suite/cancellation.ts'
import { errors } from './loop-suite/errors.ts'
import { introspection } from './loop-suite/introspection.ts'
import { io } from './loop-suite/io.ts'
import { lifecycle } from './loop-suite/lifecycle.ts'
import { order } from './loop-suite/order.ts'
import type { LoopSubject } from './loop-suite/subject.ts'
import { tasks } from './loop-suite/tasks.ts'
import { timers } from './loop-suite/timers.ts'
import type { TestPipe } from './memory-pipe.ts'
import { memoryPipe } from './memory-pipe.ts'
import type { SuiteOptions, SuiteTest } from './suite.ts'
import { registerCases } from './suite.ts'

/** Options of {@link loopSuite}. */
export interface LoopSuiteOptions extends SuiteOptions {
  /** Makes a pipe whose ends the loop's selector can watch; {@link memoryPipe} by default. */
  readonly pipe?: () => TestPipe
}

/**
 * What every loop must do, as tests, whatever its selector, clock and options are: one body for all loops, as a program
 * written for one must run on each. Themes: order, timers, tasks, cancellation, errors, lifecycle, introspection, io.
 *
 * The factory's loops may run in real or in virtual time. Each is checked for leaks and closed after its case.
 *
 * ```ts
 * loopSuite(test, () => new EventLoop(), { skip: { io: 'the host selector watches no sources' } })
 * ```
 */
export function loopSuite(
  test: SuiteTest,
  factory: () => EventLoop | Promise<EventLoop>,
  options: LoopSuiteOptions = {},
): void {
  const { pipe = memoryPipe } = options
  const subject = async (body: (subject: LoopSubject) => void | Promise<void>): Promise<void> => {
    const leaks = leakCheck()
    const loop = leaks.watch(await factory())
    const pipes: TestPipe[] = []
    const tracked = (): TestPipe => {
      const made = pipe()
      pipes.push(made)
      return made
    }
    try {
      await body({ loop, pipe: tracked })
      leaks.check()
    } finally {
      if (!loop.isRunning()) loop.close()
      for (const made of pipes) made.close()
    }
  }
  registerCases(test, { order, timers, tasks, cancellation, errors, lifecycle, introspection, io }, subject, options)
}
