/** What a waiter of one lock costs as their number grows: growth.mjs generator|async POINT. */
import { gather, run, sleep } from '@loop/core'
import { Lock } from '@loop/sync'
import { pointGiven } from '@loop/bench-kit/worker'

/** Compilers are done with what runs once this many went through it. */
const WARM = 10_000
const WARM_UPS = 3

const { count } = pointGiven()

const programs = {
  generator: (n) =>
    run(function* () {
      const lock = new Lock()
      yield* lock.acquire()
      const waiting = gather(
        new Array(n).fill(function* () {
          yield* lock.acquire()
          lock.release()
        }),
      )
      yield* sleep(0)
      lock.release()
      yield* waiting
    }),
  async: (n) =>
    run(async () => {
      const lock = new Lock()
      await lock.acquire()
      const waiting = gather(
        new Array(n).fill(async () => {
          await lock.acquire()
          lock.release()
        }),
      )
      await sleep(0)
      lock.release()
      await waiting
    }),
}

const program = programs[process.argv[2]]
for (let i = 0; i < WARM_UPS; i++) await program(WARM)
const began = performance.now()
await program(count)
const ns = ((performance.now() - began) * 1e6) / count
console.log(JSON.stringify({ ns, peak: process.resourceUsage().maxRSS / 1024 }))
process.exit(0)
