import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { LoopOptions } from '../src/index.ts'
import { EventLoop, sleep } from '../src/index.ts'
import { HostSelector } from '../src/lowlevel.ts'
import { leakCheck } from '../src/testing/index.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})

/** Runs `body` while a chain of callSoon reschedules itself for ever; gives how long the chain was in the end. */
async function besideAChain(options: LoopOptions, body: (loop: EventLoop) => Promise<void>): Promise<number> {
  const loop = leaks.watch(new EventLoop(options))
  let links = 0
  let chain = loop.callSoon(again)
  function again(): void {
    links++
    chain = loop.callSoon(again)
  }
  await loop.runUntilComplete(async () => {
    await loop.wrap(body(loop))
    chain.cancel()
    await sleep(0)
  })
  return links
}

/** Sends lines to an echo server and waits for each to come back. */
async function echo(rounds: number): Promise<string[]> {
  const server = createServer((socket) => socket.pipe(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const client: Socket = connect(port, '127.0.0.1')
  await once(client, 'connect')
  const answers: string[] = []
  for (let round = 0; round < rounds; round++) {
    client.write(`line ${round}`)
    const [answer] = (await once(client, 'data')) as [Buffer]
    answers.push(answer.toString())
  }
  client.destroy()
  server.close()
  return answers
}

describe.each<[string, LoopOptions]>([
  ['with the default budget', {}],
  ['one turn at a time', { budgetMs: 0 }],
  ['under the public drain', { drain: 'public' }],
])('a chain of callSoon without end (%s)', (_name, options) => {
  test('starves no setImmediate and no setTimeout', async () => {
    const links = await besideAChain(options, async () => {
      for (let round = 0; round < 10; round++) {
        await new Promise((resolve) => setImmediate(resolve))
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
    })
    expect(links).toBeGreaterThan(10)
  })

  test('starves no socket', async () => {
    let answers: string[] = []
    await besideAChain(options, async () => {
      answers = await echo(10)
    })
    expect(answers).toEqual(Array.from({ length: 10 }, (_, round) => `line ${round}`))
  })

  test("starves none of the loop's own timers", async () => {
    const fired: number[] = []
    await besideAChain(options, async (loop) => {
      await new Promise<void>((resolve) => {
        const now = loop.time()
        for (const ms of [3, 1, 2]) loop.callAt(now + ms, () => fired.push(ms))
        loop.callAt(now + 4, resolve)
      })
    })
    expect(fired).toEqual([1, 2, 3])
  })
})

test('a busy host starves no handle: the loop goes on between immediates and microtasks of others', async () => {
  const loop = leaks.watch(new EventLoop())
  let busy = true
  const again = (): void => {
    if (busy) setImmediate(again)
  }
  setImmediate(again)
  const hops = (async () => {
    while (busy) await new Promise((resolve) => setImmediate(resolve))
  })()
  let turns = 0
  await loop.runUntilComplete(async () => {
    for (; turns < 100; turns++) await sleep(0)
    await sleep(5)
  })
  busy = false
  await hops
  expect(turns).toBe(100)
})

test('handles that were ready run within the budget before the host has its thread back', async () => {
  const loop = leaks.watch(new EventLoop({ budgetMs: 10_000, selector: new HostSelector() }))
  let immediates = 0
  const count = (): void => {
    immediates++
    if (running) setImmediate(count)
  }
  let running = true
  const seen = await loop.runUntilComplete(async () => {
    await sleep(0)
    setImmediate(count)
    for (let turn = 0; turn < 50; turn++) await sleep(0)
    return immediates
  })
  running = false
  expect(seen).toBe(0)
})

test('with a budget of 0 the host has its turn after each of the loop', async () => {
  const loop = leaks.watch(new EventLoop({ budgetMs: 0 }))
  let immediates = 0
  let running = true
  const count = (): void => {
    immediates++
    if (running) setImmediate(count)
  }
  setImmediate(count)
  const seen = await loop.runUntilComplete(async () => {
    for (let turn = 0; turn < 50; turn++) await sleep(0)
    return immediates
  })
  running = false
  expect(seen).toBeGreaterThanOrEqual(49)
})
