import type { EventLoop } from '@loop/core'
import { CancelledError, EventLoop as Loop, sleep } from '@loop/core'
import { MemorySelector, VirtualClock } from '@loop/core/testing'
import { expect, test } from 'vitest'
import { ConnectionFailedError } from '../src/contracts/errors.ts'
import type { AttemptEvents } from '../src/names/happy-eyeballs.ts'
import { firstToSucceed } from '../src/names/happy-eyeballs.ts'
import { interleave } from '../src/names/resolve.ts'

/** What an address does: answers after so many milliseconds (and is made, or breaks, later), fails, or stays silent. */
type Behaviour =
  | { readonly answers: number; readonly made?: number; readonly breaks?: number }
  | { readonly fails: number }
  | 'silent'
  | 'throws'

function answer(
  loop: EventLoop,
  address: string,
  { made = 0, breaks }: { made?: number; breaks?: number },
  events: AttemptEvents<string>,
  log: string[],
): void {
  if (!events.claim()) log.push(`${loop.time()} ${address} is too late`)
  else if (breaks !== undefined)
    loop.callLater(breaks, () => {
      events.failed(new Error(`${address} broke`))
    })
  else if (made > 0)
    loop.callLater(made, () => {
      events.succeeded(address)
    })
  else events.succeeded(address)
}

/** Races addresses in virtual time and gives the log of what happened when. */
async function race(
  behaviours: Record<string, Behaviour>,
  body: (loop: EventLoop, winner: PromiseLike<string> & { cancel(): boolean }, log: string[]) => Promise<void>,
): Promise<string[]> {
  const clock = new VirtualClock()
  const loop = new Loop({ clock, selector: new MemorySelector(clock) })
  const log: string[] = []
  await loop.runUntilComplete(async () => {
    const winner = firstToSucceed<string, string>(
      loop,
      Object.keys(behaviours),
      (address, events) => {
        const behaviour = behaviours[address]!
        log.push(`${loop.time()} try ${address}`)
        if (behaviour === 'throws') throw new Error(`${address} is impossible`)
        const timer =
          behaviour === 'silent'
            ? null
            : 'answers' in behaviour
              ? loop.callLater(behaviour.answers, () => {
                  answer(loop, address, behaviour, events, log)
                })
              : loop.callLater(behaviour.fails, () => {
                  events.failed(new Error(`${address} failed`))
                })
        return () => {
          timer?.cancel()
          log.push(`${loop.time()} end ${address}`)
        }
      },
      { delay: 250, place: 'host:1' },
    )
    await body(loop, winner, log)
  })
  expect(loop.statistics().timers).toBe(0)
  loop.close()
  return log
}

const note = async (loop: EventLoop, winner: PromiseLike<string>, log: string[]): Promise<void> => {
  const result = await winner.then(
    (address) => `won ${address}`,
    (error: Error) => `${error.name}: ${error.message}`,
  )
  log.push(`${loop.time()} ${result}`)
}

test('an address that answers in time is the only one tried', async () => {
  expect(await race({ a: { answers: 100 }, b: { answers: 1 } }, note)).toEqual(['0 try a', '100 won a'])
})

test('a silent address is overtaken after the delay', async () => {
  expect(await race({ a: 'silent', b: { answers: 30 } }, note)).toEqual([
    '0 try a',
    '250 try b',
    '280 end a',
    '280 won b',
  ])
})

test('a slow address can still win, and the later attempt ends', async () => {
  expect(await race({ a: { answers: 300 }, b: { answers: 300 } }, note)).toEqual([
    '0 try a',
    '250 try b',
    '300 end b',
    '300 won a',
  ])
})

test('a failure starts the next attempt at once', async () => {
  expect(await race({ a: { fails: 5 }, b: 'throws', c: { answers: 5 } }, note)).toEqual([
    '0 try a',
    '5 try b',
    '5 try c',
    '10 won c',
  ])
})

test('when all fail, the error has all of them; a single one is thrown as it is', async () => {
  expect(await race({ a: { fails: 5 }, b: { fails: 5 } }, note)).toEqual([
    '0 try a',
    '5 try b',
    '10 ConnectionFailedError: no address of host:1 could be reached: a failed; b failed',
  ])
  expect(await race({ a: { fails: 5 } }, note)).toEqual(['0 try a', '5 Error: a failed'])
  expect(new ConnectionFailedError('x', [new Error('a')]).errors).toHaveLength(1)
})

test('the first that answers ends the others, before its connection is made', async () => {
  const log = await race({ a: { answers: 255 }, b: { answers: 1, made: 10 } }, note)
  expect(log).toEqual(['0 try a', '250 try b', '251 end a', '261 won b'])
})

test('what answers and then breaks is the outcome: the others have ended', async () => {
  const log = await race({ a: { answers: 100, breaks: 10 }, b: { answers: 1 } }, note)
  expect(log).toEqual(['0 try a', '110 Error: a broke'])
})

test('an answer in the turn of the cancellation is too late', async () => {
  const log = await race({ a: 'silent', b: { answers: 50 } }, async (loop, winner, events) => {
    loop.callAt(300, () => void winner.cancel())
    await expect(Promise.resolve(winner)).rejects.toThrow(CancelledError)
    await sleep(0)
    events.push('cancelled')
  })
  expect(log).toEqual(['0 try a', '250 try b', '300 b is too late', '300 end a', '300 end b', 'cancelled'])
})

test('cancelling ends every attempt', async () => {
  const log = await race({ a: 'silent', b: 'silent', c: 'silent' }, async (_loop, winner, events) => {
    await sleep(300)
    winner.cancel()
    await expect(Promise.resolve(winner)).rejects.toThrow(CancelledError)
    await sleep(0)
    events.push('cancelled')
  })
  expect(log).toEqual(['0 try a', '250 try b', '300 end a', '300 end b', 'cancelled'])
})

test("families take turns, beginning with the resolver's first", () => {
  const of = (family: 4 | 6, host: string) => ({ family, host })
  const sorted = interleave([of(6, 'a'), of(6, 'b'), of(6, 'c'), of(4, 'd')]).map(({ host }) => host)
  expect(sorted).toEqual(['a', 'd', 'b', 'c'])
  expect(interleave([])).toEqual([])
})
