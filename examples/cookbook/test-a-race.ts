// Testing a race: the same code under many orders of events and durations; the seed of a failure shows it again.
import { deterministicLoop, explore, ExplorationError, gather, run, sleep } from '@loop/runtime'

/** A cache that forgets to remember that somebody loads already. */
class Cache {
  private readonly values = new Map<string, string>()
  loads = 0

  async get(key: string): Promise<string> {
    const known = this.values.get(key)
    if (known !== undefined) return known
    this.loads++
    await sleep(10) // the database
    this.values.set(key, `value of ${key}`)
    return `value of ${key}`
  }
}

async function test(): Promise<void> {
  const cache = new Cache()
  const later = async () => {
    await sleep(10)
    await cache.get('a')
  }
  await gather([() => cache.get('a'), later])
  if (cache.loads !== 1) throw new Error(`loaded ${cache.loads} times`)
}

// In the usual order it passes, every time.
await run(test, { loopFactory: deterministicLoop() })
console.log('in the usual order: passed')

const failure = await explore(test, { runs: 100 }).then(
  () => null,
  (error: ExplorationError) => error,
)
console.log('explored:', String(failure?.cause))

const replay = { loopFactory: deterministicLoop({ seed: failure!.seed, onFailure: () => {} }) }
await run(test, replay).catch((error: Error) => console.log('the seed again:', error.message))

/* Prints:
in the usual order: passed
explored: Error: loaded 2 times
the seed again: loaded 2 times
*/
