import { CancelledError, EventLoop, sleep } from '@loop/core'
import { gracefulShutdown, ProcessSignals } from '@loop/signals'
import { defineProgram } from '../program.ts'

export const program = defineProgram({
  id: 'G1',
  section: 'Signals',
  title: 'A server with three workers, and SIGTERM',
  idea: 'The signal cancels the workers; each cleans up for 100 ms, at the same time; the one that fails in it is reported.',
  expected: [
    'serving',
    'no more connections',
    'worker 1 cleaned up',
    'worker 2 cleaned up',
    'worker 3 cleaned up',
    'closed the database',
    'SIGTERM: done',
    'worker 2 failed: disk full',
  ],
  realTime: true,
  loopFactory: () => new EventLoop({ signals: new ProcessSignals() }),

  async run({ loop, print }) {
    const worker = (number: number) => async () => {
      try {
        for (;;) await sleep(10_000)
      } catch (error) {
        if (!(error instanceof CancelledError)) throw error
        await sleep(100)
        print(`worker ${number} cleaned up`)
        if (number === 2) throw new Error('disk full', { cause: error })
        throw error
      }
    }
    const shutdown = gracefulShutdown({ timeout: 5_000 })
    shutdown.stopAccepting(() => {
      print('no more connections')
    })
    shutdown.close(() => {
      print('closed the database')
    })
    for (const number of [1, 2, 3]) loop.createTask(worker(number), { name: `worker ${number}` })
    print('serving')
    // What `kill PID` in another terminal does.
    loop.callLater(50, () => process.kill(process.pid, 'SIGTERM'))
    const { signal, phase, errors } = await shutdown.wait()
    print(`${signal}: ${phase}`)
    for (const { name, error } of errors) print(`${name} failed: ${(error as Error).message}`)
  },
})
