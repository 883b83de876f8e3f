import { gather } from '@loop/core'
import { ThreadPoolExecutor } from '@loop/executor'
import { defineProgram } from '../program.ts'

/** A blocking call: its thread does nothing else meanwhile. */
function blockingCall(name: string, ms: number): string {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  return `${name} is back`
}

export const program = defineProgram({
  id: 'T1',
  section: 'Threads and processes',
  title: 'Blocking calls side by side',
  idea: 'Three calls that block for 1 s each, on a thread pool of 4, take about 1 s together.',
  // One after the other they would take three seconds.
  expected: ['a is back', 'b is back', 'c is back', /^together: [12](\.\d)? s$/],
  realTime: true,

  async run({ loop, print }) {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 4, namePrefix: 'blocking' })
    const began = loop.time()
    const calls = ['a', 'b', 'c'].map((name) => loop.runInExecutor(pool, blockingCall, name, 1000))
    for (const line of await gather(calls)) print(line)
    print(`together: ${((loop.time() - began) / 1000).toFixed(1)} s`)
  },
})
