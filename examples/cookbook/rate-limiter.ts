// A rate limiter: a bucket of tokens that refills; who comes when it is empty waits in line, and may give up.
import { deterministicLoop, gather, getRunningLoop, Lock, run, sleep, waitFor } from '@loop/runtime'

class RateLimiter {
  private readonly line = new Lock() // first come, first served
  private tokens: number
  private last = getRunningLoop().time()

  /** `rate` a second on average, `burst` at once. */
  constructor(
    private readonly rate: number,
    private readonly burst: number,
  ) {
    this.tokens = burst
  }

  async take(): Promise<void> {
    await this.line.with(async () => {
      this.refill()
      if (this.tokens < 1) {
        await sleep(((1 - this.tokens) / this.rate) * 1000)
        this.refill()
      }
      this.tokens -= 1
    })
  }

  private refill(): void {
    const now = getRunningLoop().time()
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.last) / 1000) * this.rate)
    this.last = now
  }
}

await run(
  async () => {
    const loop = getRunningLoop()
    const limiter = new RateLimiter(2, 3) // two a second, three at once
    await gather(
      [1, 2, 3, 4, 5, 6].map((id) => async () => {
        await limiter.take()
        console.log(`request ${id} at ${loop.time()} ms`)
      }),
    )
    // Who gives up leaves the line, and costs no token.
    await waitFor(() => limiter.take(), 100).catch((error: Error) => console.log(error.name))
    await limiter.take()
    console.log(`the next one at ${loop.time()} ms`)
  },
  { loopFactory: deterministicLoop() },
)

/* Prints:
request 1 at 0 ms
request 2 at 0 ms
request 3 at 0 ms
request 4 at 500 ms
request 5 at 1000 ms
request 6 at 1500 ms
TimeoutError
the next one at 2000 ms
*/
