/** These primitives, in one form of coroutine function: node loop.mjs generator|async SCENARIO POINT */
import { gather, run, sleep } from '@loop/core'
import { Event, Lock, Queue } from '@loop/sync'
import { pointGiven, work } from '@loop/bench-kit/worker'

/** Operations of a repeat: some hundredths of a second, so that a repeat is longer than a collection of garbage. */
const { operations: OPERATIONS = 100_000 } = pointGiven()
/** Tasks that want one lock. */
const TASKS = 100

const generator = {
  'lock-free': function* () {
    const lock = new Lock()
    for (let i = 0; i < OPERATIONS; i++) {
      yield* lock.acquire()
      lock.release()
    }
  },
  'lock-contended': function* () {
    const lock = new Lock()
    yield* gather(
      new Array(TASKS).fill(function* () {
        for (let i = 0; i < OPERATIONS / TASKS; i++) {
          yield* lock.acquire()
          yield* sleep(0)
          lock.release()
        }
      }),
    )
  },
  'event-ping-pong': function* () {
    const [ping, pong] = [new Event(), new Event()]
    const player = (mine, other) =>
      function* () {
        for (let i = 0; i < OPERATIONS / 2; i++) {
          yield* mine.wait()
          mine.clear()
          other.set()
        }
      }
    ping.set()
    yield* gather([player(ping, pong), player(pong, ping)])
  },
  'queue-free': function* () {
    const queue = new Queue()
    for (let i = 0; i < OPERATIONS; i++) {
      yield* queue.put(i)
      yield* queue.get()
    }
  },
  'queue-1': function* () {
    const queue = new Queue(1)
    yield* gather([
      function* () {
        for (let i = 0; i < OPERATIONS; i++) yield* queue.put(i)
      },
      function* () {
        for (let i = 0; i < OPERATIONS; i++) yield* queue.get()
      },
    ])
  },
}

const async = {
  'lock-free': async () => {
    const lock = new Lock()
    for (let i = 0; i < OPERATIONS; i++) {
      await lock.acquire()
      lock.release()
    }
  },
  'lock-contended': async () => {
    const lock = new Lock()
    await gather(
      new Array(TASKS).fill(async () => {
        for (let i = 0; i < OPERATIONS / TASKS; i++) {
          await lock.acquire()
          await sleep(0)
          lock.release()
        }
      }),
    )
  },
  'event-ping-pong': async () => {
    const [ping, pong] = [new Event(), new Event()]
    const player = (mine, other) => async () => {
      for (let i = 0; i < OPERATIONS / 2; i++) {
        await mine.wait()
        mine.clear()
        other.set()
      }
    }
    ping.set()
    await gather([player(ping, pong), player(pong, ping)])
  },
  'queue-free': async () => {
    const queue = new Queue()
    for (let i = 0; i < OPERATIONS; i++) {
      await queue.put(i)
      await queue.get()
    }
  },
  'queue-1': async () => {
    const queue = new Queue(1)
    await gather([
      async () => {
        for (let i = 0; i < OPERATIONS; i++) await queue.put(i)
      },
      async () => {
        for (let i = 0; i < OPERATIONS; i++) await queue.get()
      },
    ])
  },
}

const [form, name] = process.argv.slice(2)
const scenarios = Object.entries({ generator, async }[form])
await work(
  Object.fromEntries(scenarios.map(([scenario, main]) => [scenario, { operations: OPERATIONS, run: () => run(main) }])),
  name,
)
