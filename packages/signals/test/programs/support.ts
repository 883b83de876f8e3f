import { EventLoop, run } from '@loop/core'
import type { CoroutineFunction } from '@loop/core'
import { ProcessSignals } from '../../src/index.ts'

/** Prints a line that the test waits for or compares. */
export const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** Runs a program with the process's signals. */
export const runProgram = (main: CoroutineFunction<unknown>, debug = false): Promise<unknown> =>
  run(main, { loopFactory: () => new EventLoop({ signals: new ProcessSignals(), debug }) })

/** The number of listeners that are installed. */
export const listeners = (...signals: string[]): number =>
  signals.reduce((count, signal) => count + process.listenerCount(signal), 0)
