import { gather, getRunningLoop, run, sleep } from '@loop/core'
import { expect, test } from 'vitest'
import type { DeterministicLoopOptions, ExplorationError } from '../src/index.ts'
import { deterministicLoop, explore } from '../src/index.ts'

/** Two operations that overlap only when one takes longer, or the other shorter, than it says. */
async function lostUpdate(): Promise<void> {
  let value = 0
  const increment = (ms: number) => async () => {
    await sleep(ms)
    const before = value
    await sleep(3)
    value = before + 1
  }
  await gather([increment(10), increment(14)])
  if (value !== 2) throw new Error(`lost update: ${value}`)
}

/** The times at which timers of these delays come due. */
async function timesOf(delays: readonly number[], options: DeterministicLoopOptions): Promise<number[]> {
  const loopFactory = deterministicLoop({ onFailure: () => {}, ...options })
  return run(
    async () => {
      const loop = getRunningLoop()
      const wake = (ms: number) => async () => {
        await sleep(ms)
        return loop.time()
      }
      return gather(delays.map(wake))
    },
    { loopFactory },
  )
}

test('a race that only other durations show is found with jitter, and never without', async () => {
  await explore(lostUpdate, { runs: 50 })
  for (const jitter of [true, 0.5, 10]) {
    const error = await explore(lostUpdate, { runs: 50, jitter }).catch((thrown: unknown) => thrown as ExplorationError)
    expect(error).toMatchObject({ name: 'ExplorationError' })
    expect(String((error as ExplorationError).cause)).toBe('Error: lost update: 1')
  }
})

test('what was found is replayed by its seed and jitter', async () => {
  const { seed } = (await explore(lostUpdate, { jitter: true }).catch(
    (thrown: unknown) => thrown as ExplorationError,
  )) as ExplorationError
  const loopFactory = deterministicLoop({ seed, jitter: true, onFailure: () => {} })
  await expect(run(lostUpdate, { loopFactory })).rejects.toThrow('lost update: 1')
})

test('timers are late by up to a part of their delay, about half of them, and never early', async () => {
  const delays = Array.from({ length: 200 }, (_, i) => 10 * (i + 1))
  const times = await timesOf(delays, { seed: 7, jitter: 0.25 })
  const late = times.map((time, i) => time / delays[i]! - 1)
  expect(late.every((part) => part >= 0 && part <= 0.25)).toBe(true)
  const many = late.filter((part) => part > 0).length
  expect([many > 60, many < 140, Math.max(...late) > 0.2]).toEqual([true, true, true])
  expect(await timesOf(delays, { seed: 7, jitter: 0.25 })).toEqual(times)
  expect(await timesOf(delays, { seed: 8, jitter: 0.25 })).not.toEqual(times)
})

test('without jitter, and for what is due now, times are exact', async () => {
  expect(await timesOf([5, 10], { seed: 7 })).toEqual([5, 10])
  expect(await timesOf([5, 10], { seed: 7, jitter: false })).toEqual([5, 10])
  expect(await timesOf([0, -5], { seed: 7, jitter: 10 })).toEqual([0, 0])
})

test.each<[string, DeterministicLoopOptions, string]>([
  ['jitter without a seed', { jitter: true }, 'jitter is decided by a seed'],
  ['a negative jitter', { seed: 1, jitter: -1 }, 'a number from 0 on, not -1'],
  ['endless jitter', { seed: 1, jitter: Infinity }, 'not Infinity'],
  ['jitter in words', { seed: 1, jitter: 'much' as never }, "not 'much'"],
])('%s is refused', (_name, options, message) => {
  expect(() => deterministicLoop(options)()).toThrow(message)
})
