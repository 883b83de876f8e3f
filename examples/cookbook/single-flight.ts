// A cache that loads each value once, however many ask: who gives up takes it from nobody, and a failure is not kept.
import { deterministicLoop, gather, getRunningLoop, run, shield, sleep, type Task, timeout } from '@loop/runtime'

class SingleFlight<T> {
  private readonly values = new Map<string, T>()
  private readonly loading = new Map<string, Task<T>>()

  constructor(private readonly load: (key: string) => Promise<T>) {}

  async get(key: string): Promise<T> {
    const known = this.values.get(key)
    if (known !== undefined) return known
    let task = this.loading.get(key)
    if (task === undefined) {
      // A task of its own: it belongs to none of those who ask.
      task = getRunningLoop().createTask(() => this.load(key), { name: `load ${key}` })
      this.loading.set(key, task)
      task.addDoneCallback((done) => {
        this.loading.delete(key)
        if (!done.cancelled() && done.exception() === null) this.values.set(key, done.result())
      })
    }
    return await shield(task) // whoever is cancelled here does not cancel the load
  }
}

await run(
  async () => {
    let loads = 0
    const cache = new SingleFlight(async (key: string) => {
      loads++
      await sleep(100)
      if (key === 'broken' && loads < 3) throw new Error('the database is away')
      return `value of ${key}`
    })
    const impatient = () => timeout(10, () => cache.get('a')).catch((error: Error) => error.name)
    console.log(await gather([impatient, () => cache.get('a'), () => cache.get('a')]), 'loads:', loads)
    console.log(await cache.get('a'), 'loads:', loads)
    console.log(await cache.get('broken').catch(String), 'loads:', loads)
    console.log(await cache.get('broken'), 'loads:', loads)
  },
  { loopFactory: deterministicLoop() },
)

/* Prints:
[ 'TimeoutError', 'value of a', 'value of a' ] loads: 1
value of a loads: 1
Error: the database is away loads: 2
value of broken loads: 3
*/
