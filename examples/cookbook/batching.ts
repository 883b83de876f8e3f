// Many small questions, one large query: what is asked within a turn of the loop goes out together.
import { deterministicLoop, type Future, gather, getRunningLoop, run, sleep } from '@loop/runtime'

class Batcher<K, V> {
  private waiting: { key: K; answer: Future<V> }[] = []

  constructor(
    private readonly query: (keys: readonly K[]) => Promise<readonly V[]>,
    private readonly most = 100,
  ) {}

  get(key: K): Future<V> {
    const loop = getRunningLoop()
    const answer = loop.createFuture<V>()
    this.waiting.push({ key, answer })
    if (this.waiting.length === 1) loop.callSoon(() => loop.createTask(() => this.send()))
    return answer
  }

  private async send(): Promise<void> {
    while (this.waiting.length > 0) {
      // Who was cancelled meanwhile is not asked for.
      const batch = this.waiting.splice(0, this.most).filter(({ answer }) => !answer.done())
      try {
        const values = await this.query(batch.map(({ key }) => key))
        batch.forEach(({ answer }, i) => {
          if (!answer.done()) answer.setResult(values[i]!)
        })
      } catch (error) {
        for (const { answer } of batch) if (!answer.done()) answer.setException(error)
      }
    }
  }
}

await run(
  async () => {
    const users = new Batcher(async (ids: readonly number[]) => {
      console.log('select … where id in', ids)
      await sleep(5)
      return ids.map((id) => `user ${id}`)
    }, 3)
    console.log(await gather([1, 2, 3, 4].map((id) => users.get(id))))
    const unwanted = users.get(5)
    const wanted = users.get(6)
    unwanted.cancel()
    console.log(await wanted)
  },
  { loopFactory: deterministicLoop() },
)

/* Prints:
select … where id in [ 1, 2, 3 ]
select … where id in [ 4 ]
[ 'user 1', 'user 2', 'user 3', 'user 4' ]
select … where id in [ 6 ]
user 6
*/
