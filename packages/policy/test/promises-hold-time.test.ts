import { pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import { gather, getRunningLoop, run, shield, sleep, taskGroup, timeout, waitFor, wrapPromise } from '@loop/core'
import { afterEach, describe, expect, test } from 'vitest'
import type { DeterministicLoop, DeterministicLoopOptions, NotReproducibleError } from '../src/index.ts'
import { deterministicLoop, explore } from '../src/index.ts'

const here = () => getRunningLoop() as DeterministicLoop

/** Work outside of the loop, in real time. */
const real = <T>(ms: number, value: T): Promise<T> => new Promise((resolve) => setTimeout(resolve, ms, value))
const never = () => new Promise<string>(() => {})
/** An async function of the program, whose promise settles in virtual time. */
const load = async (ms: number) => {
  await sleep(ms)
  return 'loaded'
}

// Time that waits in vain would wait for ever.
const endless: DeterministicLoopOptions = { patienceMs: Infinity }

const warnings: string[] = []
const onWarning = (warning: Error) => {
  if (warning.name === 'VirtualTimeWarning') warnings.push(warning.message)
}
afterEach(() => {
  process.off('warning', onWarning)
  warnings.length = 0
})

describe('time stands still for real work that the loop was given', () => {
  test.each<[string, () => PromiseLike<unknown>]>([
    ['a limit around a promise', () => waitFor(real(10, 'value'), 60_000)],
    ['a limit around a wrapped promise', () => waitFor(here().wrap(real(10, 'value')), 60_000)],
    ['a scope with a limit', () => timeout(60_000, () => wrapPromise(real(10, 'value')))],
    [
      'a function that takes a signal',
      () =>
        waitFor(
          here().wrap(() => real(10, 'value')),
          60_000,
        ),
    ],
    ['a shield', () => waitFor(shield(real(10, 'value')), 60_000)],
    ['work of the thread pool of Node', () => waitFor(promisify(pbkdf2)('p', 's', 20_000, 32, 'sha256'), 60_000)],
    ['several at a time', () => waitFor(gather([real(10, 1), real(15, 2), real(1, 3)]), 60_000)],
    [
      'in a task of a group',
      () =>
        taskGroup(async (group) => {
          group.createTask(async () => waitFor(real(10, 'value'), 60_000))
        }),
    ],
  ])('%s', async (_name, work) => {
    const times: number[] = []
    await run(
      async () => {
        here().createTask(async () => {
          await sleep(5)
          times.push(here().time())
        })
        await work()
        times.push(here().time())
        await sleep(10)
      },
      { loopFactory: deterministicLoop(endless) },
    )
    expect(times).toEqual([0, 5])
  })

  test('also when nobody awaits it', async () => {
    let settled = false
    await run(
      async () => {
        void here()
          .wrap(real(10, 1))
          .then(() => (settled = true))
        void here().wrap(real(20, 1))
        await sleep(1000)
        expect([settled, here().time()]).toEqual([true, 1000])
      },
      { loopFactory: deterministicLoop(endless) },
    )
  })

  test('also while the test moves it', async () => {
    const log: unknown[] = []
    const loop = deterministicLoop({ ...endless, autojump: false })()
    const done = loop.runUntilComplete(async () => {
      log.push(await waitFor(real(10, 'value'), 5), loop.time())
      await sleep(7)
      log.push(loop.time())
    })
    await loop.clock.advance(10)
    await done
    loop.close()
    expect(log).toEqual(['value', 0, 7])
  })
})

describe('time runs on for promises that wait for the loop themselves', () => {
  test.each<[string, () => PromiseLike<unknown>, number]>([
    ['an async function under a limit', () => waitFor(load(10), 1000), 10],
    ['one that is too late', () => waitFor(load(2000), 1000).catch(() => 'late'), 1000],
    ['wrapped', () => here().wrap(load(10)), 10],
    ['one inside of another', () => waitFor((async () => waitFor(load(10), 100))(), 1000), 10],
    ['several', () => gather([load(10), load(20)]), 20],
    ['in a scope with a limit', () => timeout(1000, () => here().wrap(load(10))), 10],
    [
      'one that is awaited later',
      async () => {
        const later = here().wrap(load(10))
        await sleep(5)
        return later
      },
      10,
    ],
    [
      'real work first, then a sleep',
      () =>
        waitFor(
          (async () => {
            await here().wrap(real(5, 1))
            return load(10)
          })(),
          1000,
        ),
      10,
    ],
    ['real work beside a sleep', () => gather([real(5, 1), load(10)]), 10],
  ])('%s', async (_name, work, time) => {
    expect(
      await run(
        async () => {
          await work()
          return here().time()
        },
        { loopFactory: deterministicLoop(endless) },
      ),
    ).toBe(time)
  })

  test('in a generator task', async () => {
    const main = function* () {
      yield* waitFor(load(10), 1000)
      return here().time()
    }
    expect(await run(main, { loopFactory: deterministicLoop(endless) })).toBe(10)
  })

  test("for the end of the loop's own executor, whose work takes virtual time", async () => {
    const done: string[] = []
    await run(
      async () => {
        here().runInExecutor(null, () => done.push('worked'))
      },
      { loopFactory: deterministicLoop(endless) },
    )
    expect(done).toEqual(['worked'])
  })
})

test('time that is to run does not wait', async () => {
  const late = run(() => waitFor(real(50, 'value'), 1000), { loopFactory: deterministicLoop({ promises: 'run' }) })
  await expect(late).rejects.toThrow('1000')
})

test('when its patience is at an end, time goes on without those promises, and says so once', async () => {
  process.on('warning', onWarning)
  const times = await run(
    async () => {
      const seen: unknown[] = []
      const one = here().wrap(never())
      seen.push(await waitFor(shield(one), 1000).catch((error: Error) => error.name), here().time())
      for (let i = 0; i < 3; i++) await sleep(1000)
      seen.push(await waitFor(real(5, 'another'), 1000), here().time())
      one.cancel()
      return seen
    },
    { loopFactory: deterministicLoop({ patienceMs: 100 }) },
  )
  await real(1, 0)
  expect(times).toEqual(['TimeoutError', 1000, 'another', 4000])
  expect(warnings).toEqual([
    expect.stringMatching(
      /^virtual time goes on after (100|25) real ms without a promise .*made at .*promises-hold-time\.test\.ts/,
    ),
  ])
})

test('a promise that only a timer of the loop resolves holds time until its patience is at an end', async () => {
  process.on('warning', onWarning)
  const byTimer = (ms: number) => new Promise<string>((resolve) => here().callLater(ms, resolve, 'resolved'))
  const seen = await run(async () => [await waitFor(byTimer(10), 1000), here().time()], {
    loopFactory: deterministicLoop({ patienceMs: 40 }),
  })
  expect(seen).toEqual(['resolved', 10])
  await real(1, 0)
  expect(warnings).toHaveLength(1)
  expect(
    await run(async () => [await waitFor(byTimer(10), 1000), here().time()], {
      loopFactory: deterministicLoop({ promises: 'run' }),
    }),
  ).toEqual(['resolved', 10])
})

test('a test with real work is the same under one seed, and passes under all', async () => {
  const program = async (log: string[]) => {
    const note = (name: string) => async () => {
      await sleep(10)
      log.push(`${name} ${here().time()}`)
    }
    await gather([waitFor(real(5, 'value'), 1000), note('a'), note('b'), note('c')])
  }
  const under = async (seed: number) => {
    const log: string[] = []
    await run(() => program(log), { loopFactory: deterministicLoop({ seed }) })
    return log.join()
  }
  const outcomes: string[] = []
  for (let seed = 1; seed <= 8; seed++) {
    outcomes.push(await under(seed))
    expect(await under(seed)).toBe(outcomes.at(-1))
  }
  expect(new Set(outcomes).size).toBeGreaterThan(1)
  await explore(() => program([]), { runs: 5 })
})

test('a test that races real work is told why its seed does not replay it', async () => {
  let runs = 0
  const error = await explore(async () => {
    // In the third run the first of them is later.
    const [one, other] = ++runs === 3 ? [20, 1] : [1, 20]
    const first = await Promise.race([here().wrap(real(one, 'one')), here().wrap(real(other, 'other'))])
    if (first !== 'one') throw new Error(`${first} came first`)
  }).catch((thrown: unknown) => thrown as NotReproducibleError)
  expect(error).toMatchObject({ name: 'NotReproducibleError', seed: 3 })
  expect((error as Error).message).toContain('promises from outside the loop')
})

test.each<[string, DeterministicLoopOptions, string]>([
  ['another word for promises', { promises: 'wait' as never }, "promises is 'hold' or 'run', not 'wait'"],
  ['a negative patience', { patienceMs: -1 }, 'patienceMs is a number of milliseconds, 0 or more, not -1'],
  ['patience in words', { patienceMs: 'long' as never }, "not 'long'"],
])('%s is refused', (_name, options, message) => {
  expect(() => deterministicLoop(options)()).toThrow(message)
})
