// A busy loop starves nothing of its host, and a busy host starves no handle: with several turns in a row and with one.

import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { EventLoop, getRunningLoop, run, sleep } from '@loop/core'
import { report, same } from './report.mjs'

/** An HTTP server on a free port of this machine, and its address. */
async function serve() {
  const server = createServer((_request, response) => response.end('hello'))
  const port = await new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(/** @type {import('node:net').AddressInfo} */ (server.address()).port)),
  )
  return { address: `http://127.0.0.1:${port}/`, close: () => server.close() }
}

/** What a host does besides the loop; every entry ends by itself unless it is starved. */
const hostWork = {
  timer: () => new Promise((resolve) => setTimeout(resolve, 20)),
  interval: () =>
    new Promise((resolve) => {
      let ticks = 0
      const interval = setInterval(() => {
        if (++ticks < 3) return
        clearInterval(interval)
        resolve(undefined)
      }, 5)
    }),
  immediate: () => new Promise((resolve) => setImmediate(resolve)),
  promises: async () => {
    for (let i = 0; i < 100; i++) await null
  },
  file: () => readFile(new URL(import.meta.url)),
  fetch: async () => {
    const { address, close } = await serve()
    same(await (await fetch(address, { headers: { connection: 'close' } })).text(), 'hello')
    close()
  },
}

/**
 * A chain of callSoon that reschedules itself forever; it ends the loop a thousand links after the host's work is done,
 * so that it has run beside all of it and after it.
 * @param {number} budgetMs
 */
async function chainBesideHostWork(budgetMs) {
  const loop = new EventLoop({ budgetMs })
  let links = 0
  let end = Infinity
  const link = () => {
    if (++links >= end) loop.stop()
    else loop.callSoon(link)
  }
  loop.callSoon(link)
  const work = Promise.all(Object.values(hostWork).map((start) => start()))
  const done = () => void (end = links + 1000)
  work.then(done, done)
  await loop.runForever()
  await work
  loop.close()
}

/**
 * Runs handles, timers and tasks while `busy` keeps the host at work, until it has gone ten rounds at least.
 * @param {(again: () => void) => void} busy
 * @param {number} budgetMs
 */
async function handlesBesideBusyHost(busy, budgetMs) {
  let going = true
  let rounds = 0
  const again = () => {
    rounds++
    if (going) busy(again)
  }
  again()
  /** @type {string[]} */
  const events = []
  const main = async () => {
    const loop = getRunningLoop()
    loop.callLater(20, () => events.push('later'))
    loop.callSoon(() => events.push('soon'))
    await sleep(0)
    events.push('after sleep(0)')
    await sleep(40)
    events.push('after sleep(40)')
    while (rounds < 10) await sleep(1)
  }
  await run(main, { loopFactory: () => new EventLoop({ budgetMs }) })
  going = false
  same(events, ['soon', 'after sleep(0)', 'later', 'after sleep(40)'])
}

// 0 = one turn at a time; 1 = several turns in a row, as loops do by default.
for (const budgetMs of [0, 1]) {
  const which = budgetMs === 0 ? 'one turn at a time' : 'several turns in a row'
  await report(`a callSoon chain starves no timer, file, promise or fetch (${which})`, () =>
    chainBesideHostWork(budgetMs),
  )
  await report(`a setImmediate chain starves no handle (${which})`, () =>
    handlesBesideBusyHost((again) => void setImmediate(again), budgetMs),
  )
  await report(`a chain of zero timers starves no handle (${which})`, () =>
    handlesBesideBusyHost((again) => void setTimeout(again, 0), budgetMs),
  )
  await report(`a chain of file reads starves no handle (${which})`, () =>
    handlesBesideBusyHost((again) => void readFile(new URL(import.meta.url)).then(again), budgetMs),
  )
}
