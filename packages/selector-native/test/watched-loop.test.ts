import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { TurnInfo } from '@loop/core'
import type { OrderPolicy } from '@loop/core/lowlevel'
import { EventLoop } from '@loop/core'
import { NativeSelector } from '../src/index.ts'
import type { StreamTest } from './support.ts'
import { backends, connectedPair } from './support.ts'

const directory = mkdtempSync(join(tmpdir(), 'loop-native-'))
afterAll(() => {
  rmSync(directory, { recursive: true })
})

/**
 * Opens three connections, lets something arrive on all of them in one turn, and gives the order in which it was
 * handled.
 */
async function orderOfThree(subject: StreamTest): Promise<number[]> {
  const order: number[] = []
  // Over unix sockets: what is written there has arrived when the call returns.
  const pairs = []
  for (let i = 0; i < 3; i++) {
    const path = join(directory, `${randomUUID()}.sock`)
    pairs.push(await connectedPair(subject, undefined, path))
  }
  pairs.forEach(({ near }, index) => {
    near.connection.handler = {
      data() {
        order.push(index)
      },
      eof() {},
      closed: (error) => {
        near.closed(error)
      },
    }
  })
  for (const { far } of pairs) far.connection.write(Buffer.from('x'))
  subject.streams.flush()
  const { turns } = subject.loop.statistics()
  while (order.length === 0) await subject.loop.createTask(async () => {})
  expect(subject.loop.statistics().turns).toBeGreaterThan(turns)
  for (const { near, far } of pairs) {
    near.connection.close()
    far.connection.close()
    await near.whenClosed
    await far.whenClosed
  }
  return order
}

function withLoop<T>(
  backend: (typeof backends)[number],
  order: OrderPolicy | undefined,
  body: (subject: StreamTest) => Promise<T>,
): Promise<T> {
  const selector = new NativeSelector({ backend })
  const loop = new EventLoop({ selector, ...(order === undefined ? {} : { order }) })
  return loop
    .runUntilComplete(() => body({ loop, selector, streams: selector.streams }))
    .finally(() => {
      loop.close()
    })
}

describe.each(backends)('a watched loop on %s', (backend) => {
  test('the order policy decides in which order ready connections are handled', async () => {
    const backwards: OrderPolicy = { tieRank: () => 0, orderEvents: (events) => [...events].reverse() }
    expect(await withLoop(backend, undefined, orderOfThree)).toEqual([0, 1, 2])
    expect(await withLoop(backend, backwards, orderOfThree)).toEqual([2, 1, 0])
  })

  test('observers see every event of a stream as an event and a handle of its turn', async () => {
    const turns: TurnInfo[] = []
    await withLoop(backend, undefined, async (subject) => {
      const { near, far } = await connectedPair(subject)
      using _watching = subject.loop.addObserver({ turnEnded: (info) => turns.push(info) })
      far.connection.write(Buffer.from('x'))
      await near.whenReceived(1)
      near.connection.close()
      far.connection.close()
      await near.whenClosed
      await far.whenClosed
    })
    const events = turns.reduce((sum, turn) => sum + turn.events, 0)
    // data, and the ends of both: eof may come before the close is done.
    expect(events).toBeGreaterThanOrEqual(3)
    for (const turn of turns) expect(turn.handles).toBeGreaterThanOrEqual(turn.events)
  })

  test('busy polling serves as sleeping does', async () => {
    const selector = new NativeSelector({ backend, busyPollUs: 100 })
    const loop = new EventLoop({ selector })
    const exchanged = await loop.runUntilComplete(async () => {
      const { near, far } = await connectedPair({ loop, selector, streams: selector.streams })
      const done = loop.createFuture<number>()
      let left = 200
      near.connection.handler = {
        data: () => void (--left === 0 ? done.setResult(200) : near.connection.write(Buffer.of(1))),
        eof() {},
        closed() {},
      }
      far.connection.handler = { data: (bytes) => void far.connection.write(bytes), eof() {}, closed() {} }
      near.connection.write(Buffer.of(1))
      return await done
    })
    loop.close()
    expect(exchanged).toBe(200)
  })
})
