import assert from 'node:assert/strict'
import type { ExceptionContext } from '../contracts/observe.ts'
import { formatReport } from '../base/report.ts'
import type { EventLoop } from '../loop/event-loop.ts'

/** Watches the loops of a test; see {@link leakCheck}. */
export interface LeakCheck {
  /** Notes every error that reaches the loop's exception handler from now on, and gives the loop back. */
  watch(loop: EventLoop): EventLoop
  /**
   * Closes the watched loops and forgets them. Throws an AssertionError that lists what was wrong: errors that nobody
   * took, and handles, timers, tasks or sources that were left.
   */
  check(): void
}

/**
 * The teardown of a test that uses loops. A test that expects errors sets an exception handler of its own.
 *
 * ```ts
 * const leaks = leakCheck()
 * afterEach(() => leaks.check())
 *
 * test('…', () => leaks.watch(new EventLoop()).runUntilComplete(main))
 * ```
 */
export function leakCheck(): LeakCheck {
  const watched = new Map<EventLoop, ExceptionContext[]>()
  return {
    watch(loop) {
      const errors: ExceptionContext[] = []
      watched.set(loop, errors)
      loop.setExceptionHandler((_loop, context) => {
        errors.push(context)
      })
      return loop
    },
    check() {
      const found = [...watched].flatMap(([loop, errors]) => problemsOf(loop, errors))
      watched.clear()
      assert.ok(found.length === 0, `a test left something behind:\n${found.join('\n')}`)
    },
  }
}

function problemsOf(loop: EventLoop, errors: readonly ExceptionContext[]): string[] {
  if (loop.isRunning()) return ['a loop that is still running']
  const left = loop.statistics()
  // Closing drops what is scheduled and reports the errors that nobody looked at.
  loop.close()
  const problems: string[] = []
  for (const kind of ['ready', 'timers', 'tasks', 'sources'] as const) {
    if (left[kind] > 0) problems.push(`${kind} not finished: ${left[kind]}`)
  }
  for (const context of errors) problems.push(`an error that nobody took: ${formatReport(context)}`)
  return problems
}
