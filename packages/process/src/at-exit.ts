/**
 * Children that are killed when this process exits by itself: at its end, by `process.exit`, by an uncaught error. What
 * is killed by a signal runs nothing any more.
 */
import process from 'node:process'

const living = new Set<() => void>()

/** Has `kill` called at the exit of this process; what it returns takes that back. */
export function killAtExit(kill: () => void): () => void {
  if (living.size === 0) process.on('exit', killAll)
  living.add(kill)
  return () => {
    if (living.delete(kill) && living.size === 0) process.off('exit', killAll)
  }
}

function killAll(): void {
  for (const kill of living) {
    try {
      kill()
    } catch {
      // The others are to be killed all the same.
    }
  }
}
