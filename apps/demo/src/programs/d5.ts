import { getRunningLoop, run, sleep } from '@loop/core'
import { deterministicLoop } from '@loop/policy'
import { Lock } from '@loop/sync'
import { defineProgram } from '../program.ts'

async function transfer(from: Lock, to: Lock): Promise<void> {
  await from.acquire()
  await sleep(10)
  await to.acquire()
}

export const program = defineProgram({
  id: 'D5',
  section: 'Policies',
  title: 'A deadlock is told, not waited for',
  idea: 'Two tasks take two locks in opposite order; the loop says who waits for what, and where.',
  expected: [
    'DeadlockError',
    'deadlock: 3 tasks wait, and nothing can wake them (at 10 ms)',
    /^ {2}Task-\d+ \(bothTransfers\) waits for back, made at bothTransfers \(.*\)$/,
    /^ {2}there waits for a future, made at transfer \(.*d5.*\)$/,
    /^ {2}back waits for a future, made at transfer \(.*d5.*\)$/,
    /hold the time/,
  ],

  async runAlone({ print }) {
    async function bothTransfers() {
      const loop = getRunningLoop()
      const [a, b] = [new Lock(), new Lock()]
      loop.createTask(() => transfer(a, b), { name: 'there' })
      await loop.createTask(() => transfer(b, a), { name: 'back' })
    }
    const failure: unknown = await run(bothTransfers, { loopFactory: deterministicLoop() }).catch(
      (error: unknown) => error,
    )
    if (!(failure instanceof Error)) throw new Error('there was no deadlock')
    print(failure.name)
    print(failure.message)
  },
})
