/**
 * Scopes and combinators of this loop and of the libraries that one would take without it: combinators.mjs
 * WHO:SCENARIO POINT. All bodies and tasks do nothing, so what is measured is the combinator.
 */
import { gather, run, taskGroup, timeout } from '@loop/core'
import { work } from '@loop/bench-kit/worker'
import { TIMES, nothing } from '../sizes.mjs'

const TASKS = 10
const WAIT_MS = 1000

async function asyncNothing() {}
function* generatorNothing() {}

const generators = {
  'timeout-done': () =>
    run(function* () {
      for (let i = 0; i < TIMES; i++) yield* timeout(WAIT_MS, generatorNothing)
    }),
  'task-group-10': () =>
    run(function* () {
      for (let i = 0; i < TIMES; i++) {
        yield* taskGroup(function* (group) {
          for (let k = 0; k < TASKS; k++) group.createTask(generatorNothing)
        })
      }
    }),
  'gather-10': () =>
    run(function* () {
      for (let i = 0; i < TIMES; i++) yield* gather(new Array(TASKS).fill(generatorNothing))
    }),
}

const asyncs = {
  'timeout-done': () =>
    run(async () => {
      for (let i = 0; i < TIMES; i++) await timeout(WAIT_MS, asyncNothing)
    }),
  'task-group-10': () =>
    run(async () => {
      for (let i = 0; i < TIMES; i++) {
        await taskGroup(async (group) => {
          for (let k = 0; k < TASKS; k++) group.createTask(asyncNothing)
        })
      }
    }),
  'gather-10': () =>
    run(async () => {
      for (let i = 0; i < TIMES; i++) await gather(new Array(TASKS).fill(asyncNothing))
    }),
}

/** Without any library: a promise that loses a race goes on, and nothing can be cancelled. */
const promises = {
  'timeout-done': async () => {
    for (let i = 0; i < TIMES; i++) {
      let timer
      const late = new Promise((_resolve, reject) => {
        timer = setTimeout(() => reject(new Error('late')), WAIT_MS)
      })
      try {
        await Promise.race([asyncNothing(), late])
      } finally {
        clearTimeout(timer)
      }
    }
  },
  'gather-10': async () => {
    for (let i = 0; i < TIMES; i++) await Promise.all(Array.from({ length: TASKS }, asyncNothing))
  },
}

async function effection() {
  const { all, race, run, scoped, sleep, spawn } = await import('effection')
  function* late() {
    yield* sleep(WAIT_MS)
    throw new Error('late')
  }
  return {
    'timeout-done': () =>
      run(function* () {
        for (let i = 0; i < TIMES; i++) yield* race([{ [Symbol.iterator]: generatorNothing }, late()])
      }),
    'task-group-10': () =>
      run(function* () {
        for (let i = 0; i < TIMES; i++) {
          yield* scoped(function* () {
            const tasks = []
            for (let k = 0; k < TASKS; k++) tasks.push(yield* spawn(generatorNothing))
            for (const task of tasks) yield* task
          })
        }
      }),
    'gather-10': () =>
      run(function* () {
        for (let i = 0; i < TIMES; i++) yield* all(Array.from({ length: TASKS }, () => generatorNothing()))
      }),
  }
}

async function effect() {
  const { Effect, Fiber } = await import('effect')
  const body = Effect.sync(nothing)
  const tenAtOnce = Effect.all(new Array(TASKS).fill(body), { concurrency: 'unbounded', discard: true })
  const group = Effect.scoped(
    Effect.gen(function* () {
      const fibers = []
      for (let k = 0; k < TASKS; k++) fibers.push(yield* Effect.forkScoped(body))
      for (const fiber of fibers) yield* Fiber.join(fiber)
    }),
  )
  const again = (one) => () =>
    Effect.runPromise(
      Effect.gen(function* () {
        for (let i = 0; i < TIMES; i++) yield* one
      }),
    )
  return {
    'timeout-done': again(Effect.timeout(body, WAIT_MS)),
    'task-group-10': again(group),
    'gather-10': again(tenAtOnce),
  }
}

const everyone = {
  generator: () => generators,
  async: () => asyncs,
  promises: () => promises,
  effection,
  effect,
}

const [who, name] = (process.argv[2] ?? '').split(':')
const programs = await everyone[who]()
await work(
  Object.fromEntries(Object.entries(programs).map(([key, run]) => [key, { operations: TIMES, repeats: 5, run }])),
  name,
)
