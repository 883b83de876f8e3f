import type { ExceptionContext } from '@loop/core'
import { EventLoop, getRunningLoop, run } from '@loop/core'
import { MemorySelector, VirtualClock } from '@loop/core/testing'
import type { GracefulShutdownOptions } from '../src/index.ts'
import { ProcessSignals } from '../src/index.ts'

/** A signal that nobody else of the test runner sends or handles. */
export const SIGNAL = process.platform === 'win32' ? 'SIGBREAK' : 'SIGUSR2'
/** Delivers the signal to this process's own handlers, as Node does on its arrival. */
export const deliver = (): boolean => process.emit(SIGNAL)

/** A program of a test: `events` has exit codes and what the loop reported. */
type Main = (options: GracefulShutdownOptions, events: unknown[]) => Promise<unknown>

async function runOn(loopFactory: () => EventLoop, main: Main): Promise<unknown[]> {
  const events: unknown[] = []
  const exit = (code: number): void => {
    events.push(`exit ${code}`)
  }
  await run(
    async () => {
      getRunningLoop().setExceptionHandler((_loop, { exception }: ExceptionContext) => {
        events.push(String(exception))
      })
      await main({ signals: [SIGNAL], exit }, events)
    },
    { loopFactory },
  )
  return events
}

/** Runs a program on a loop with signals. */
export const program = (main: Main): Promise<unknown[]> =>
  runOn(() => new EventLoop({ signals: new ProcessSignals() }), main)

/** The same in virtual time. */
export const virtualProgram = (main: Main): Promise<unknown[]> => {
  const clock = new VirtualClock()
  return runOn(() => new EventLoop({ clock, selector: new MemorySelector(clock), signals: new ProcessSignals() }), main)
}
