import { EventLoop, gather } from '@loop/core'
import { defaultExecutor, ThreadPoolExecutor, toThread } from '@loop/executor'
import { defineProgram } from '../program.ts'

function factorial(n: number): bigint {
  return n < 2 ? 1n : BigInt(n) * factorial(n - 1)
}

export const program = defineProgram({
  id: 'T5',
  section: 'Threads and processes',
  title: 'The default executor',
  idea: 'runInExecutor(null, …) and toThread use the default executor, made on first use; setDefaultExecutor replaces it.',
  expected: ['20! = 2432902008176640000', 'on my pool: 120 720 5040', 'it ran 3 tasks on at most 2 workers'],
  realTime: true,
  loopFactory: () => new EventLoop({ executor: defaultExecutor }),

  async run({ loop, print }) {
    print(`20! = ${await loop.runInExecutor(null, factorial, 20)}`)
    await loop.shutdownDefaultExecutor()

    const pool = new ThreadPoolExecutor({ maxWorkers: 2, namePrefix: 'my-pool' })
    loop.setDefaultExecutor(pool)
    print(`on my pool: ${(await gather([5, 6, 7].map((n) => toThread(factorial, n)))).join(' ')}`)
    const { succeeded, workers } = pool.statistics()
    print(`it ran ${succeeded} tasks on ${workers <= 2 ? 'at most 2 workers' : `${workers} workers`}`)
    await loop.shutdownDefaultExecutor()
  },
})
