/** Node itself: what a program without a loop of its own would write. */
import { work } from '@loop/bench-kit/worker'
import { CALLS, FUTURES, TASKS, TIMERS, longDelays, nothing, shortDelays } from '../sizes.mjs'

const batchOf = (schedule) => () =>
  new Promise((resolve) => {
    for (let i = 1; i < CALLS; i++) schedule(nothing)
    schedule(resolve)
  })

const chainOf = (schedule) => () =>
  new Promise((resolve) => {
    let left = CALLS
    const step = () => {
      if (--left === 0) resolve()
      else schedule(step)
    }
    step()
  })

const ownImmediate = () => new Promise((resolve) => setImmediate(resolve))

const tasks = (wait) => () => Promise.all(Array.from({ length: TASKS }, async () => void (await wait())))

const sharedImmediate = () => {
  const shared = ownImmediate()
  return tasks(() => shared)()
}

const pingPong = async () => {
  let ping = deferred()
  let pong = deferred()
  await Promise.all([
    (async () => {
      for (let i = 0; i < FUTURES / 2; i++) {
        await ping.promise
        ping = deferred()
        pong.resolve()
      }
    })(),
    (async () => {
      for (let i = 0; i < FUTURES / 2; i++) {
        const answer = pong.promise
        ping.resolve()
        await answer
        pong = deferred()
      }
    })(),
  ])
}

function deferred() {
  let resolve
  const promise = new Promise((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

const timersCancelled = (delays) => () => {
  const timers = new Array(TIMERS)
  for (let i = 0; i < TIMERS; i++) timers[i] = setTimeout(nothing, delays[i])
  for (const timer of timers) clearTimeout(timer)
}

const timersHalfFired = (delays) => () =>
  new Promise((resolve) => {
    const timers = new Array(TIMERS)
    let fired = 0
    const fire = () => {
      if (++fired === TIMERS / 2) resolve()
    }
    for (let i = 0; i < TIMERS; i++) timers[i] = setTimeout(fire, delays[i])
    for (let i = 0; i < TIMERS; i += 2) clearTimeout(timers[i])
  })

/** Which delays a scenario needs is known here; a million of them are not made for the others. */
const scenario = process.argv[2]
const delays = scenario === 'timers-cancelled' ? longDelays() : scenario === 'timers-half-fired' ? shortDelays() : []

await work({
  'call-soon:setImmediate': { operations: CALLS, run: batchOf(setImmediate) },
  'call-soon:queueMicrotask': { operations: CALLS, run: batchOf(queueMicrotask) },
  'call-soon:nextTick': { operations: CALLS, run: batchOf(process.nextTick) },
  'call-soon-chain:setImmediate': { operations: CALLS, run: chainOf(setImmediate) },
  'tasks-sleep-0:own-immediates': { operations: TASKS, repeats: 25, run: tasks(ownImmediate) },
  'tasks-sleep-0:shared-immediate': { operations: TASKS, repeats: 25, run: sharedImmediate },
  'switch:promises': { operations: FUTURES, run: pingPong },
  'timers-cancelled': { operations: TIMERS, repeats: 2, run: timersCancelled(delays) },
  'timers-half-fired': { operations: TIMERS, repeats: 2, run: timersHalfFired(delays) },
})
