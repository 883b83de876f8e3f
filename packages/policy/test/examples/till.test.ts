import { gather, getRunningLoop, run, sleep, waitFor } from '@loop/core'
import { type DeterministicLoop, deterministicLoop, explore } from '@loop/policy'
import { Lock } from '@loop/sync'
import { expect, test } from 'vitest'
import { Till } from './till.ts'

test('an hour of real time takes none', async () => {
  await run(
    async () => {
      const till = new Till()
      await expect(waitFor(sleep(3_600_000), 60_000)).rejects.toThrow('not done within 60000 ms')
      await till.add(5)
      expect([till.amount, getRunningLoop().time()]).toEqual([5, 60_010])
    },
    { loopFactory: deterministicLoop() },
  )
})

test('the test moves the time', async () => {
  const loop: DeterministicLoop = deterministicLoop({ autojump: false })()
  const till = new Till()
  const added = loop.runUntilComplete(() => till.add(5))
  await loop.clock.advance(9)
  expect(till.amount).toBe(0)
  await loop.clock.advance(1)
  expect(till.amount).toBe(5)
  await added
  loop.close()
})

test('no order of events loses money', () =>
  explore(
    async () => {
      const till = new Till()
      const lock = new Lock() // without it: "failed under seed …: AssertionError: expected 5 to be 10"
      const late = async () => {
        await sleep(10)
        await lock.with(() => till.add(5))
      }
      await gather([() => lock.with(() => till.add(5)), late])
      expect(till.amount).toBe(10)
    },
    { runs: 200 },
  ))
