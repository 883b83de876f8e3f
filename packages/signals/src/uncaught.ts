import process from 'node:process'

/**
 * Has the process end with `code` when an error that `isExpected` reaches the top uncaught, instead of with a dump of
 * the error. A program that has a handler for uncaught errors of its own decides itself.
 */
export function endQuietlyOn(isExpected: (error: unknown) => boolean, code: () => number): void {
  process.on('uncaughtExceptionMonitor', (error: unknown) => {
    let expected = false
    try {
      expected = isExpected(error)
    } catch {
      // Not even its class can be read: it is none of ours.
    }
    if (expected && process.listenerCount('uncaughtException') === 0) process.exit(code())
  })
}
