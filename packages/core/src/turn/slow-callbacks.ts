import process from 'node:process'
import type { LoopObserver } from '../contracts/observe.ts'
import { originContext } from './handle.ts'
import type { LoopState } from './loop-state.ts'
import { nameOfRunnable } from './observed-turn.ts'

/** Debug mode's observer: a process warning for each handle that held the loop for `thresholdMs()` or longer. */
export function slowCallbacks(state: LoopState, thresholdMs: () => number): LoopObserver {
  return {
    handleEnded(runnable, durationMs) {
      if (durationMs < thresholdMs()) return
      const { sourceTraceback } = originContext(state, runnable)
      process.emitWarning(`executing ${nameOfRunnable(runnable)} took ${durationMs.toFixed(1)} ms`, {
        type: 'SlowCallbackWarning',
        detail: sourceTraceback === undefined ? '' : `scheduled at:\n${sourceTraceback}`,
      })
    },
  }
}
