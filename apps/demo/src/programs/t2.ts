import { ProcessPoolExecutor } from '@loop/executor'
import { defineProgram } from '../program.ts'

function cpuIntensive(n: number): number {
  let sum = 0
  for (let i = 0; i < n; i++) sum += i * i
  return sum
}

export const program = defineProgram({
  id: 'T2',
  section: 'Threads and processes',
  title: 'Computing in another process',
  idea: 'cpuIntensive(10_000_000), the sum of squares, on a process pool: this process stays free meanwhile.',
  expected: ['sum of squares: 333333283333717100000', 'in another process: true'],
  realTime: true,

  async run({ loop, print }) {
    await using pool = new ProcessPoolExecutor({ maxWorkers: 2 })
    print(`sum of squares: ${await loop.runInExecutor(pool, cpuIntensive, 10_000_000)}`)
    print(`in another process: ${(await loop.runInExecutor(pool, () => process.pid)) !== process.pid}`)
  },
})
