/** This loop. */
import { EventLoop, gather, getRunningLoop, run, sleep } from '@loop/core'
import { work } from '@loop/bench-kit/worker'
import { CALLS, FUTURES, TASKS, TIMERS, longDelays, nothing, shortDelays } from '../sizes.mjs'

const loopOnly = (drain) => ({ loopFactory: () => new EventLoop({ drain }) })

const batch = (drain = 'auto') =>
  run(async () => {
    const loop = getRunningLoop()
    const done = loop.createFuture()
    for (let i = 1; i < CALLS; i++) loop.callSoon(nothing)
    loop.callSoon(() => done.setResult())
    await done
  }, loopOnly(drain))

const chain = () =>
  run(async () => {
    const loop = getRunningLoop()
    const done = loop.createFuture()
    let left = CALLS
    const step = () => {
      if (--left === 0) done.setResult()
      else loop.callSoon(step)
    }
    step()
    await done
  })

/** One function run 10,000 times, as the Python contender runs one `async def`. */
function* generatorTask() {
  yield* sleep(0)
}

async function asyncTask() {
  await sleep(0)
}

const generatorTasks = () =>
  run(function* () {
    yield* gather(new Array(TASKS).fill(generatorTask))
  })

const asyncTasks = () =>
  run(async () => {
    await gather(new Array(TASKS).fill(asyncTask))
  })

/** Two tasks that wake each other: one switch an operation. */
const pingPong = (form) =>
  run(async () => {
    const loop = getRunningLoop()
    let ping = loop.createFuture()
    let pong = loop.createFuture()
    const forms = {
      generator: [
        function* () {
          for (let i = 0; i < FUTURES / 2; i++) {
            yield* ping
            ping = loop.createFuture()
            pong.setResult()
          }
        },
        function* () {
          for (let i = 0; i < FUTURES / 2; i++) {
            const answer = pong
            ping.setResult()
            yield* answer
            pong = loop.createFuture()
          }
        },
      ],
      async: [
        async () => {
          for (let i = 0; i < FUTURES / 2; i++) {
            await ping
            ping = loop.createFuture()
            pong.setResult()
          }
        },
        async () => {
          for (let i = 0; i < FUTURES / 2; i++) {
            const answer = pong
            ping.setResult()
            await answer
            pong = loop.createFuture()
          }
        },
      ],
    }
    await gather(forms[form])
  })

const timersCancelled = (delays) => () => {
  const loop = new EventLoop()
  const handles = new Array(TIMERS)
  for (let i = 0; i < TIMERS; i++) handles[i] = loop.callLater(delays[i], nothing)
  for (const handle of handles) handle.cancel()
  loop.close()
}

const timersHalfFired = (delays) => async () => {
  const loop = new EventLoop()
  const handles = new Array(TIMERS)
  let fired = 0
  const fire = () => {
    if (++fired === TIMERS / 2) loop.stop()
  }
  for (let i = 0; i < TIMERS; i++) handles[i] = loop.callLater(delays[i], fire)
  for (let i = 0; i < TIMERS; i += 2) handles[i].cancel()
  await loop.runForever()
  loop.close()
}

/** Which delays a scenario needs is known here; a million of them are not made for the others. */
const scenario = process.argv[2]
const delays = scenario === 'timers-cancelled' ? longDelays() : scenario === 'timers-half-fired' ? shortDelays() : []

await work({
  'call-soon': { operations: CALLS, run: () => batch() },
  'call-soon:public-drain': { operations: CALLS, run: () => batch('public') },
  'call-soon-chain': { operations: CALLS, run: chain },
  'tasks-sleep-0:generator': { operations: TASKS, repeats: 25, run: generatorTasks },
  'tasks-sleep-0:async': { operations: TASKS, repeats: 25, run: asyncTasks },
  'switch:generator': { operations: FUTURES, run: () => pingPong('generator') },
  'switch:async': { operations: FUTURES, run: () => pingPong('async') },
  'timers-cancelled': { operations: TIMERS, repeats: 2, run: timersCancelled(delays) },
  'timers-half-fired': { operations: TIMERS, repeats: 2, run: timersHalfFired(delays) },
})
