import { ThreadPoolExecutor } from '@loop/executor'
import { defineProgram } from '../program.ts'

/** Holds its thread until the baton is passed on. */
function hold(baton: SharedArrayBuffer, name: string): string {
  Atomics.wait(new Int32Array(baton), 0, 0)
  return name
}

function passOn(baton: SharedArrayBuffer): void {
  Atomics.store(new Int32Array(baton), 0, 1)
  Atomics.notify(new Int32Array(baton), 0)
}

export const program = defineProgram({
  id: 'T6',
  section: 'Threads and processes',
  title: 'Shutting a pool down',
  idea: 'shutdown({ wait: false }) comes back at once and what was submitted still runs; with wait it comes back after it. cancelPending drops what has not begun.',
  expected: [
    'came back before the work',
    'refused: ExecutorShutdownError',
    'first and second ended',
    'came back after the work',
    'cancelled: CancelledError',
  ],
  realTime: true,

  async run({ print }) {
    const baton = new SharedArrayBuffer(4)
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 })
    const first = pool.submit(hold, [baton, 'first'])
    const second = pool.submit(hold, [baton, 'second'])
    await pool.shutdown({ wait: false })
    print('came back before the work')
    try {
      pool.submit(hold, [baton, 'late'])
    } catch (error) {
      print(`refused: ${(error as Error).name}`)
    }
    passOn(baton)
    print(`${await first} and ${await second} ended`)
    await pool.shutdown({ wait: true })
    print('came back after the work')

    const other = new ThreadPoolExecutor({ maxWorkers: 1 })
    const waiting = other.submit(hold, [baton, 'waiting'])
    const ended = other.shutdown({ cancelPending: true })
    await waiting.then(null, (error: unknown) => {
      print(`cancelled: ${(error as Error).name}`)
    })
    await ended
  },
})
