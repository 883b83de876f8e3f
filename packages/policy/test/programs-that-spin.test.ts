import { getRunningLoop, run, sleep } from '@loop/core'
import { expect, test } from 'vitest'
import type { DeterministicLoop } from '../src/index.ts'
import { deterministicLoop, LivelockError } from '../src/index.ts'

const real = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** Polls for what a timer does, which time never reaches. */
async function poll(): Promise<void> {
  let ready = false
  getRunningLoop().callLater(10, () => {
    ready = true
  })
  while (!ready) await sleep(0)
}

test('polling with sleep(0) ends with what polls, and until when time would have to move', async () => {
  const error = await run(poll, { loopFactory: deterministicLoop() }).catch((thrown: unknown) => thrown as Error)
  expect(error).toBeInstanceOf(LivelockError)
  expect((error as LivelockError).tasks).toHaveLength(1)
  expect((error as Error).message.replace(/Task-\d+/, 'Task-N').split('\n')).toEqual([
    'livelock: 500000 turns have passed at 0 ms, and time moves only when nothing can run, to 10 ms next; in each turn runs',
    expect.stringMatching(/^ {2}Task-N \(poll\)/),
    'Instead of polling with sleep(0), wait for an Event or a future, or sleep(1).',
  ])
}, 30_000)

test('a callback that schedules itself again, in a loop whose time the test moves', async () => {
  const loop = deterministicLoop({ autojump: false, debug: false })()
  const running = loop.runForever()
  const again = (): void => {
    loop.callSoon(again)
  }
  again()
  const failed = expect(running).rejects.toThrow(/livelock: [^]*the callback again/)
  await loop.clock.advance(10)
  await failed
  loop.close()
}, 30_000)

test('polling for real work that the loop knows of goes on until it is done', async () => {
  await run(
    async () => {
      let ready = false
      const work = getRunningLoop()
        .wrap(real(30))
        .then(() => {
          ready = true
        })
      while (!ready) await sleep(0)
      await work
      const held = (getRunningLoop() as DeterministicLoop).clock.hold()
      void real(30).then(() => {
        held[Symbol.dispose]()
      })
      while ((getRunningLoop() as DeterministicLoop).clock.held) await sleep(0)
    },
    { loopFactory: deterministicLoop() },
  )
})

test.each([
  [
    Infinity,
    RangeError,
    'advance(Infinity) goes beyond what a clock counts to; to run a program to its end, let time jump (autojump: true)',
  ],
  [Number.MAX_VALUE, RangeError, 'goes beyond what a clock counts to'],
  [NaN, RangeError, 'forward only'],
  ['5', TypeError, "a clock is moved by a number of milliseconds, not '5'"],
])('advance(%s) is refused, and the loop goes on', async (ms, kind, message) => {
  const loop = deterministicLoop({ autojump: false })()
  const program = loop.runUntilComplete(() => sleep(1000, 'done'))
  const error = await loop.clock.advance(ms as number).catch((thrown: unknown) => thrown as Error)
  expect(error).toBeInstanceOf(kind)
  expect((error as Error).message).toContain(message)
  await loop.clock.advance(1000)
  expect(await program).toBe('done')
  loop.close()
})
