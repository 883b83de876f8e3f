// An error that the host raises during a turn, thrown in a tick of the process, is the process's own: whoever handles
// it there keeps the loop at work. With every selector that works on this runtime, and every way to drain microtasks.

import { EventLoop, sleep } from '@loop/core'
import { isSupported, NativeSelector } from '@loop/selector-native'
import { report, same } from './report.mjs'

const native = isSupported()
/** @type {[string, () => import('@loop/core').Selector | undefined][]} */
const selectors = [
  ['the host', () => undefined],
  ...(native.supported ? native.backends : []).map(
    /** @returns {[string, () => NativeSelector]} */ (backend) => [backend, () => new NativeSelector({ backend })],
  ),
]

/** @type {string[]} */
let caught = []
process.on('uncaughtException', (error) => void caught.push(error.message))

/** @param {string} message */
const stray = (message) =>
  process.nextTick(() => {
    throw new Error(message)
  })

for (const [name, make] of selectors) {
  for (const drain of /** @type {const} */ (['auto', 'public'])) {
    await report(`an error in a tick reaches uncaughtException, and the loop goes on (${name}, ${drain})`, async () => {
      caught = []
      const selector = make()
      const loop = new EventLoop({ drain, ...(selector === undefined ? {} : { selector }) })
      /** @type {string[]} */
      const ran = []
      await loop.runUntilComplete(async () => {
        loop.callSoon(() => stray('in a handle'))
        loop.callSoon(() => void ran.push('next handle'))
        loop.callLater(1, () => stray('in a timer'))
        await sleep(5)
        stray('in a task')
        await sleep(5)
        ran.push('task')
      })
      loop.close()
      same(
        [ran, caught],
        [
          ['next handle', 'task'],
          ['in a handle', 'in a timer', 'in a task'],
        ],
      )
    })
  }
}
