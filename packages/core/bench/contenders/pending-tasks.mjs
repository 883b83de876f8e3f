/**
 * Bytes of memory of a task that waits for a future of its own: pending-tasks.mjs loop:generator|loop:async|promises
 * POINT. `node --expose-gc`.
 */
import { EventLoop } from '@loop/core'
import { TASKS } from '../sizes.mjs'

const form = process.argv[2]

/** Resident memory in user space, when what is not needed is gone. */
function memory() {
  for (let i = 0; i < 4; i++) globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const kept = []

async function promises() {
  for (let i = 0; i < TASKS; i++) {
    let resolve
    const pending = new Promise((settle) => {
      resolve = settle
    })
    kept.push(resolve, (async () => void (await pending))())
  }
}

/** As `async def task(future): await future` in Python, with the future counted. */
const start = (loop) => {
  const tasks = {
    'loop:generator': (future) =>
      function* () {
        yield* future
      },
    'loop:async': (future) => async () => {
      await future
    },
  }
  for (let i = 0; i < TASKS; i++) {
    const future = loop.createFuture()
    kept.push(future, loop.createTask(tasks[form](future)))
  }
}

if (form === 'promises') {
  const before = memory()
  await promises()
  await new Promise(setImmediate)
  console.log(JSON.stringify({ bytes: (memory() - before) / TASKS }))
} else {
  const loop = new EventLoop()
  await loop.runUntilComplete(async () => {
    const before = memory()
    start(loop)
    // All of them run to their future.
    const turned = loop.createFuture()
    loop.callLater(10, () => turned.setResult())
    await turned
    console.log(JSON.stringify({ bytes: (memory() - before) / TASKS }))
  })
}
process.exit(0)
