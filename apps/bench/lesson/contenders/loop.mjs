/** The lesson's program on this project's loops: loop.mjs default|native generator|async POINT. Milliseconds of the first run, cold. */
import { EventLoop, gather, run, sleep } from '@loop/core'
import { NativeSelector } from '@loop/selector-native'
import { PollSelector } from '@loop/selector-poll'
import { pointGiven } from '@loop/bench-kit/worker'

const [kind, form] = process.argv.slice(2)
const { tasks } = pointGiven()
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

const [task, main] = forms[form]
const began = performance.now()
await run(() => main(task), { loopFactory: () => new EventLoop({ selector: selectors[kind]() }) })
const ms = performance.now() - began
// performance.now() counts from the start of the process.
console.log(JSON.stringify({ ms, process: performance.now() }))
process.exit(0)
