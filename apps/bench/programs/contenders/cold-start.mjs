/**
 * 10,000 tasks that each await sleep(0): cold-start.mjs default|native generator|async POINT. Milliseconds of the
 * first run, and of later ones.
 */
import { EventLoop, gather, run, sleep } from '@loop/core'
import { NativeSelector } from '@loop/selector-native'
import { PollSelector } from '@loop/selector-poll'
import { median } from '@loop/bench-kit/statistics'
import { pointGiven } from '@loop/bench-kit/worker'

const [kind, form] = process.argv.slice(2)
const { tasks, again } = pointGiven()
const selectors = { default: () => new PollSelector(), native: () => new NativeSelector() }

const forms = {
  generator: [
    function* () {
      yield* sleep(0)
    },
    function* (task) {
      yield* gather(new Array(tasks).fill(task))
    },
  ],
  async: [
    async () => {
      await sleep(0)
    },
    async (task) => {
      await gather(new Array(tasks).fill(task))
    },
  ],
}

/** Milliseconds of the whole program, the making of the loop included. */
async function program() {
  const [task, main] = forms[form]
  const began = performance.now()
  await run(() => main(task), { loopFactory: () => new EventLoop({ selector: selectors[kind]() }) })
  return performance.now() - began
}

const ms = await program()
const later = []
for (let i = 0; i < again; i++) later.push(await program())
console.log(JSON.stringify({ ms, later: median(later.slice(later.length >> 1)) }))
process.exit(0)
