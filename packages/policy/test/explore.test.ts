import { gather, getRunningLoop, sleep } from '@loop/core'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { DeterministicLoop, ExplorationError } from '../src/index.ts'
import { deterministicLoop, explore } from '../src/index.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

/**
 * Passes when the deposit has been written before the withdrawal reads: in the order of scheduling, but not in every
 * one.
 */
async function lostUpdate(): Promise<void> {
  let balance = 100
  const deposit = async () => {
    const read = balance
    await sleep(10) // the write takes 10 ms
    balance = read + 50
  }
  const withdrawal = async () => {
    await sleep(10)
    const read = balance
    await sleep(10)
    balance = read - 30
  }
  await gather([deposit, withdrawal])
  if (balance !== 120) throw new Error(`the balance is ${balance}, not 120`)
}

const failing = (test: () => Promise<unknown>) =>
  test().then(
    () => expect.unreachable('it passed'),
    (error: unknown) => error as ExplorationError,
  )

describe('a race', () => {
  test('is not seen in the order of scheduling', async () => {
    const loop = deterministicLoop()()
    await loop.runUntilComplete(lostUpdate)
    loop.close()
  })

  test('is found, with the smallest seed and the error of the program', async () => {
    const error = await failing(() => explore(lostUpdate, { runs: 50 }))
    expect(error.name).toBe('ExplorationError')
    expect(String(error.cause)).toBe('Error: the balance is 70, not 120')
    for (let smaller = 1; smaller < error.seed; smaller++) await explore(lostUpdate, { firstSeed: smaller, runs: 1 })
    expect(error.message).toContain(`failed under seed ${error.seed}`)
    expect(error.message).toContain(`LOOP_SEED=${error.seed}`)
  })

  test('is replayed by its seed, through the environment and through a loop', async () => {
    const { seed } = await failing(() => explore(lostUpdate))
    vi.stubEnv('LOOP_SEED', String(seed))
    const replayed = await failing(() => explore(lostUpdate))
    expect(replayed.seed).toBe(seed)
    const told: number[] = []
    const loop = deterministicLoop({ seed, onFailure: (failed) => told.push(failed) })()
    await expect(loop.runUntilComplete(lostUpdate)).rejects.toThrow('the balance is 70')
    loop.close()
    expect(told).toEqual([seed])
  })
})

test('a failing run under a seed says so on standard error', async () => {
  const print = vi.spyOn(console, 'error').mockImplementation(() => {})
  const loop = deterministicLoop({ seed: 7 })()
  await loop.runUntilComplete(async () => Promise.reject(new Error('broken'))).catch(() => {})
  loop.close()
  expect(print.mock.calls).toEqual([['this run failed under seed 7; deterministicLoop({ seed: 7 }) runs it again']])
  print.mockRestore()
})

test('an onFailure that throws does not hide the error', async () => {
  const reports: string[] = []
  const loop = deterministicLoop({
    seed: 7,
    onFailure: () => {
      throw new Error('in onFailure')
    },
  })()
  loop.setExceptionHandler((_loop, { message, exception }) => reports.push(`${message}: ${String(exception)}`))
  await expect(loop.runUntilComplete(async () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  loop.close()
  expect(reports).toEqual(['Exception in onFailure: Error: in onFailure'])
  expect(() => deterministicLoop({ onFailure: 'print' as never })()).toThrow(TypeError)
})

test.each([
  ['an object without a prototype', Object.assign(Object.create(null) as object, { code: 7 })],
  ['a symbol', Symbol('why')],
  [
    'an error whose message throws',
    Object.defineProperty(new Error(), 'message', {
      get: () => {
        throw new Error('asked')
      },
    }),
  ],
])('a test that throws %s fails with its seed', async (_name, thrown) => {
  const error = await failing(() =>
    explore(async () => {
      throw thrown
    }),
  )
  expect([error.name, error.seed, error.cause === thrown]).toEqual(['ExplorationError', 1, true])
})

test('deadlocks are found too, and told with the places', async () => {
  const error = await failing(() =>
    explore(async () => {
      const loop = getRunningLoop()
      const [go, done] = [loop.createFuture<void>(), loop.createFuture<void>()]
      loop.callLater(10, () => {
        if (!go.done()) done.setResult()
      })
      loop.callLater(10, () => go.setResult())
      await done
    }),
  )
  expect(String(error.cause)).toMatch(
    /DeadlockError: deadlock: 1 task waits.*\n.*waits for a future, made at .*explore\.test\.ts/,
  )
})

test('an error in a callback or in a task that nobody awaits fails the test', async () => {
  const inCallback = await failing(() =>
    explore(async () => {
      getRunningLoop().callLater(5, () => {
        throw new Error('in a callback')
      })
      await sleep(10)
    }),
  )
  const inTask = await failing(() =>
    explore(async () => {
      getRunningLoop().createTask(async () => Promise.reject(new Error('in a task')))
      await sleep(10)
    }),
  )
  expect([String(inCallback.cause), String(inTask.cause)]).toEqual(['Error: in a callback', 'Error: in a task'])
})

test('LOOP_SEED must be a seed', async () => {
  vi.stubEnv('LOOP_SEED', 'seven')
  await expect(explore(lostUpdate)).rejects.toThrow('LOOP_SEED must be a whole number from 0 to 4294967295, not NaN')
})

test('a test that fails only sometimes under one seed is not reproducible', async () => {
  let runs = 0
  const error = await failing(() =>
    explore(async () => {
      if (++runs === 3) throw new Error('sometimes')
    }),
  )
  expect([error.name, error.seed, String(error.cause)]).toEqual(['NotReproducibleError', 3, 'Error: sometimes'])
})

test('wall time starts where it is told to', async () => {
  const seen = new Set<string>()
  await explore(async () => void seen.add((getRunningLoop() as DeterministicLoop).clock.wallTime().toISOString()), {
    runs: 3,
    firstSeed: 10,
    start: '2025-01-01T00:00:00Z',
  })
  expect([...seen]).toEqual(['2025-01-01T00:00:00.000Z'])
})

test.each([
  ['a promise', () => explore(Promise.resolve() as never)],
  ['no runs', () => explore(lostUpdate, { runs: 0 })],
  ['a seed below 0', () => explore(lostUpdate, { firstSeed: -1 })],
])('%s is refused', async (_name, use) => {
  await expect(use()).rejects.toThrow(/explore takes a coroutine function|runs is a whole number|firstSeed must be/)
})
