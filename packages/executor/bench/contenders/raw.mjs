// No pool at all: a message there and one back for every call, to the worker whose turn it is.
import { Worker } from 'node:worker_threads'

export const create = ({ workers }) => {
  const waiting = new Map()
  let last = 0
  const threads = Array.from({ length: workers }, () => {
    const thread = new Worker(new URL('../tasks/raw.mjs', import.meta.url))
    thread.on('message', ({ id, value }) => {
      const resolve = waiting.get(id)
      waiting.delete(id)
      resolve(value)
    })
    return thread
  })
  return {
    run: (name, arg, transfer) =>
      new Promise((resolve) => {
        const id = ++last
        waiting.set(id, resolve)
        threads[id % workers].postMessage({ id, name, arg }, transfer)
      }),
    close: () => Promise.all(threads.map((thread) => thread.terminate())),
  }
}
