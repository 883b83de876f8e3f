import process from 'node:process'
import { CancelledError } from '@loop/core'
import type { EventLoop, Task } from '@loop/core'
import { InterruptedError } from './errors.ts'
import { exitCodeOf } from './exit-code.ts'

/** The link between Ctrl+C and a main task; dispose of it when the task is done. */
export interface Interruption extends Disposable {
  /** Whether SIGINT has come. */
  readonly interrupted: boolean
  /** What a failure of the task means: InterruptedError when it was cancelled by SIGINT, else the failure itself. */
  explain(failure: unknown): unknown
}

/**
 * Cancels `main` at the first SIGINT, as asyncio's `run` does, so that it can clean up; the second ends the process at
 * once with exit code 130.
 */
export function cancelOnInterrupt(loop: EventLoop, main: Task): Interruption {
  let interrupted = false
  loop.addSignalHandler('SIGINT', () => {
    if (interrupted || main.done()) process.exit(exitCodeOf('SIGINT'))
    interrupted = true
    main.cancel('SIGINT')
  })
  return {
    get interrupted() {
      return interrupted
    },
    explain(failure) {
      if (!interrupted || !(failure instanceof CancelledError) || main.uncancel() > 0) return failure
      return new InterruptedError('interrupted by SIGINT', { cause: failure })
    },
    [Symbol.dispose]() {
      if (!loop.isClosed()) loop.removeSignalHandler('SIGINT')
    },
  }
}
