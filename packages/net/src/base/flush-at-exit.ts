import type { EventLoop } from '@loop/core'
import process from 'node:process'

const flushes = new Set<() => void>()

/**
 * Has what was written on a loop given to the system when the process exits with the loop open: `process.exit()` runs
 * nothing that was scheduled, and the last words of a program are the ones that matter.
 */
export function flushAtExit(loop: EventLoop, flush: () => void): void {
  if (flushes.size === 0) process.on('exit', flushAll)
  flushes.add(flush)
  loop.onClose(() => {
    flushes.delete(flush)
    if (flushes.size === 0) process.off('exit', flushAll)
  })
}

function flushAll(): void {
  for (const flush of flushes) {
    try {
      flush()
    } catch {
      // The process ends; the others' bytes matter more than the reason.
    }
  }
}
