import { gather, run, sleep } from '@loop/core'
import { deterministicLoop, ExplorationError, explore } from '@loop/policy'
import { defineProgram } from '../program.ts'

/** Two tasks change an account; each reads it, takes 10 ms to write, and forgets that the other may write meanwhile. */
async function twoChanges(): Promise<void> {
  let balance = 100
  async function change(by: number) {
    const before = balance
    await sleep(10)
    balance = before + by
  }
  async function withdraw() {
    await sleep(10)
    await change(-30)
  }
  await gather([() => change(50), withdraw])
  if (balance !== 120) throw new Error(`the balance is ${balance}, not 120`)
}

export const program = defineProgram({
  id: 'D4',
  section: 'Policies',
  title: 'Find the race',
  idea: 'A lost update that the usual order hides: explore finds a seed that shows it, and the seed shows it again.',
  expected: [
    'in the usual order: passed',
    /^explored: failed under seed \d+.*: Error: the balance is 70, not 120$/,
    'replayed: the balance is 70, not 120',
    'replayed: the balance is 70, not 120',
  ],

  async runAlone({ print }) {
    await run(twoChanges, { loopFactory: deterministicLoop() })
    print('in the usual order: passed')
    const failure: unknown = await explore(twoChanges).catch((error: unknown) => error)
    if (!(failure instanceof ExplorationError)) throw new Error('explore did not find the race')
    const { seed, message } = failure
    print(`explored: ${message.split('\n')[0]}`)
    for (let again = 0; again < 2; again++) {
      const loopFactory = deterministicLoop({ seed, onFailure: () => {} })
      await run(twoChanges, { loopFactory }).catch((error: unknown) => {
        print(`replayed: ${(error as Error).message}`)
      })
    }
  },
})
