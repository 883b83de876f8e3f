// Calls from a thread into the loop of this one: door.mjs door|messages POINT; prints calls a second.
import { Worker } from 'node:worker_threads'
import { EventLoop } from '@loop/core'
import { ThreadPoolExecutor, threadsafeDoor } from '@loop/executor'

const { calls: CALLS } = JSON.parse(process.argv[3])

const throughDoor = async () => {
  const loop = new EventLoop()
  const door = threadsafeDoor(loop)
  const pool = new ThreadPoolExecutor({ maxWorkers: 1 })
  const running = loop.runForever()
  let seen = 0
  let finish
  const finished = new Promise((resolve) => (finish = resolve))
  const add = door.register('add', () => {
    if (++seen === CALLS) finish()
  })
  const produce = (door, ref, calls) => {
    const pause = new Int32Array(new SharedArrayBuffer(4))
    for (let i = 0; i < calls; i++) {
      door.callSoon(ref, i)
      // Paces itself, as a producer should: no more than a ring's worth ahead.
      if ((i & 1023) === 0) while (door.pending > 6000) Atomics.wait(pause, 0, 0, 0.05)
    }
  }
  await pool.submit(produce, [door, add, 0])
  const start = performance.now()
  void pool.submit(produce, [door, add, CALLS])
  await finished
  const rate = CALLS / ((performance.now() - start) / 1000)
  loop.stop()
  await running
  await pool.shutdown()
  loop.close()
  return rate
}

const byMessages = async () => {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads')
     parentPort.once('message', (calls) => { for (let i = 0; i < calls; i++) parentPort.postMessage(i) })`,
    { eval: true },
  )
  let seen = 0
  let finish
  const finished = new Promise((resolve) => (finish = resolve))
  worker.on('message', () => {
    if (++seen === CALLS) finish()
  })
  await new Promise((resolve) => worker.once('online', resolve))
  const start = performance.now()
  worker.postMessage(CALLS)
  await finished
  const rate = CALLS / ((performance.now() - start) / 1000)
  await worker.terminate()
  return rate
}

// The first pass of each warms up: what is measured is compiled code.
await throughDoor()
await byMessages()
const ways = { door: throughDoor, messages: byMessages }
console.log(JSON.stringify({ rate: await ways[process.argv[2]]() }))
