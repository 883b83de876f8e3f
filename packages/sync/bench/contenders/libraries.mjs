/**
 * Locks and queues of the libraries that one would take without a loop: libraries.mjs LIBRARY:SCENARIO POINT. Where the
 * holder of a lock gives way, that is a turn of Node's own loop (setImmediate), or Effect's yield.
 */
import { pointGiven, work } from '@loop/bench-kit/worker'

const { operations: OPERATIONS = 100_000 } = pointGiven()
const TASKS = 100

const giveWay = () => new Promise((resolve) => setImmediate(resolve))
const tasks = (body) => () => Promise.all(Array.from({ length: TASKS }, body))

async function asyncMutex() {
  const { Mutex } = await import('async-mutex')
  return {
    'lock-free': async () => {
      const lock = new Mutex()
      for (let i = 0; i < OPERATIONS; i++) {
        const release = await lock.acquire()
        release()
      }
    },
    'lock-contended': () => {
      const lock = new Mutex()
      return tasks(async () => {
        for (let i = 0; i < OPERATIONS / TASKS; i++) {
          const release = await lock.acquire()
          await giveWay()
          release()
        }
      })()
    },
  }
}

async function pLimit() {
  const { default: limitTo } = await import('p-limit')
  return {
    'lock-free': async () => {
      const limit = limitTo(1)
      for (let i = 0; i < OPERATIONS; i++) await limit(() => {})
    },
    'lock-contended': () => {
      const limit = limitTo(1)
      return tasks(async () => {
        for (let i = 0; i < OPERATIONS / TASKS; i++) await limit(giveWay)
      })()
    },
  }
}

async function effect() {
  const { Effect, Queue, Semaphore } = await import('effect')
  const many = (count, one) =>
    Effect.gen(function* () {
      for (let i = 0; i < count; i++) yield* one
    })
  const both = (first, second) => Effect.all([first, second], { concurrency: 'unbounded', discard: true })
  return {
    'lock-free': () => {
      const lock = Semaphore.makeUnsafe(1)
      return Effect.runPromise(many(OPERATIONS, Semaphore.withPermit(lock, Effect.void)))
    },
    'lock-contended': () => {
      const lock = Semaphore.makeUnsafe(1)
      const task = many(OPERATIONS / TASKS, Semaphore.withPermit(lock, Effect.yieldNow))
      return Effect.runPromise(Effect.all(new Array(TASKS).fill(task), { concurrency: 'unbounded', discard: true }))
    },
    'queue-free': () =>
      Effect.runPromise(
        Effect.gen(function* () {
          const queue = yield* Queue.unbounded()
          for (let i = 0; i < OPERATIONS; i++) {
            yield* Queue.offer(queue, i)
            yield* Queue.take(queue)
          }
        }),
      ),
    'queue-1': () =>
      Effect.runPromise(
        Effect.gen(function* () {
          const queue = yield* Queue.bounded(1)
          yield* both(many(OPERATIONS, Queue.offer(queue, 1)), many(OPERATIONS, Queue.take(queue)))
        }),
      ),
  }
}

const libraries = { 'async-mutex': asyncMutex, 'p-limit': pLimit, effect }
const [library, name] = (process.argv[2] ?? '').split(':')
const programs = await libraries[library]()
await work(
  Object.fromEntries(Object.entries(programs).map(([key, run]) => [key, { operations: OPERATIONS, repeats: 5, run }])),
  name,
)
