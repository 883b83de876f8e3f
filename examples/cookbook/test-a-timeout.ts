// Testing a timeout: an hour passes in a millisecond, the clean-up is looked at, and nothing is left behind.
import assert from 'node:assert/strict'
import { deterministicLoop, getRunningLoop, run, sleep, timeout, TimeoutError } from '@loop/runtime'
import { leakCheck } from '@loop/runtime/testing'

/** What is tested: a session that closes its connection however it ends. */
async function session(connection: { open: boolean }): Promise<string> {
  connection.open = true
  try {
    return await timeout(3_600_000, async () => {
      await sleep(7_200_000) // a peer that never answers
      return 'answer'
    })
  } finally {
    await sleep(100) // says good-bye
    connection.open = false
  }
}

const tests: Record<string, () => Promise<void>> = {
  async 'an hour later it ends with TimeoutError'() {
    await assert.rejects(session({ open: false }), TimeoutError)
    assert.equal(getRunningLoop().time(), 3_600_100)
  },
  async 'the connection is closed, also when it was cancelled from outside'() {
    const connection = { open: false }
    const task = getRunningLoop().createTask(() => session(connection))
    await sleep(1_000)
    assert.equal(connection.open, true)
    task.cancel()
    await assert.rejects(async () => await task)
    assert.equal(connection.open, false)
  },
}

for (const [name, test] of Object.entries(tests)) {
  const leaks = leakCheck() // fails on timers and tasks that a test left, and on errors that nobody saw
  await run(test, { loopFactory: () => leaks.watch(deterministicLoop()()) })
  leaks.check()
  console.log('ok', name)
}

/* Prints:
ok an hour later it ends with TimeoutError
ok the connection is closed, also when it was cancelled from outside
*/
