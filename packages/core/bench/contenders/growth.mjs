/**
 * What one item costs as their number grows: growth.mjs loop|node:SCENARIO POINT. Wall time and CPU time of one run, after
 * some of ten thousand.
 */
import { EventLoop, gather, getRunningLoop, run, sleep } from '@loop/core'
import { pointGiven } from '@loop/bench-kit/worker'

/** Compilers are done with what runs once this many went through it. */
const WARM = 10_000
const WARM_UPS = 3

const { count } = pointGiven()

function* generatorTask() {
  yield* sleep(0)
}

async function asyncTask() {
  await sleep(0)
}

const ownImmediate = () => new Promise((resolve) => setImmediate(resolve))

const programs = {
  'loop:tasks': (n) =>
    run(function* () {
      yield* gather(new Array(n).fill(generatorTask))
    }),
  'loop:tasks-async': (n) =>
    run(async () => {
      await gather(new Array(n).fill(asyncTask))
    }),
  'node:tasks': (n) => Promise.all(Array.from({ length: n }, async () => void (await ownImmediate()))),
  'loop:timers': async (n) => {
    const loop = new EventLoop()
    let left = n
    for (let i = 0; i < n; i++)
      loop.callLater(Math.random() * 100, () => {
        if (--left === 0) loop.stop()
      })
    await loop.runForever()
    loop.close()
  },
  'node:timers': (n) =>
    new Promise((resolve) => {
      let left = n
      for (let i = 0; i < n; i++)
        setTimeout(() => {
          if (--left === 0) resolve()
        }, Math.random() * 100)
    }),
  'loop:waiters': (n) =>
    run(function* () {
      const shared = getRunningLoop().createFuture()
      const waiting = gather(
        new Array(n).fill(function* () {
          yield* shared
        }),
      )
      yield* sleep(0)
      shared.setResult()
      yield* waiting
    }),
  'node:waiters': async (n) => {
    let resolve
    const shared = new Promise((settle) => {
      resolve = settle
    })
    const waiting = Promise.all(Array.from({ length: n }, async () => void (await shared)))
    await ownImmediate()
    resolve()
    await waiting
  },
}

const program = programs[process.argv[2]]
for (let i = 0; i < WARM_UPS; i++) await program(WARM)
const cpu = process.cpuUsage()
const began = performance.now()
await program(count)
const ns = ((performance.now() - began) * 1e6) / count
const { user, system } = process.cpuUsage(cpu)
console.log(JSON.stringify({ ns, cpu: ((user + system) * 1000) / count, peak: process.resourceUsage().maxRSS / 1024 }))
process.exit(0)
