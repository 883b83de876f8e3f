// A circuit breaker: after three failures in a row nobody asks for ten seconds, then one tries, and its answer decides.
import { deterministicLoop, getRunningLoop, isCancellation, run, sleep, timeout } from '@loop/runtime'

class CircuitOpenError extends Error {
  override readonly name = 'CircuitOpenError'
}

class CircuitBreaker {
  private failures = 0
  private openUntil = -Infinity
  private trying = false

  constructor(
    private readonly most = 3,
    private readonly pause = 10_000,
  ) {}

  async call<T>(action: () => Promise<T>): Promise<T> {
    const now = getRunningLoop().time()
    const probing = this.failures >= this.most
    if (now < this.openUntil || (probing && this.trying)) throw new CircuitOpenError('it failed too often: not asked')
    this.trying = true
    try {
      const result = await action()
      this.failures = 0
      return result
    } catch (error) {
      // Who gave up says nothing about the service.
      if (!isCancellation(error) && ++this.failures >= this.most) this.openUntil = getRunningLoop().time() + this.pause
      throw error
    } finally {
      this.trying = false
    }
  }
}

await run(
  async () => {
    const loop = getRunningLoop()
    const breaker = new CircuitBreaker()
    let asked = 0
    const service = async () => {
      asked++
      await sleep(loop.time() < 12_000 ? 60_000 : 10) // hangs for the first twelve seconds
      return 'answer'
    }
    const ask = async () => {
      const result = await breaker.call(() => timeout(500, service)).catch((error: Error) => error.name)
      console.log(`${loop.time()} ms: ${result}, asked ${asked} times`)
    }
    for (let i = 0; i < 4; i++) await ask()
    await sleep(10_000)
    await ask() // one probe, still in vain: open again
    await ask()
    await sleep(10_000)
    await ask()
  },
  { loopFactory: deterministicLoop() },
)

/* Prints:
500 ms: TimeoutError, asked 1 times
1000 ms: TimeoutError, asked 2 times
1500 ms: TimeoutError, asked 3 times
1500 ms: CircuitOpenError, asked 3 times
12000 ms: TimeoutError, asked 4 times
12000 ms: CircuitOpenError, asked 4 times
22010 ms: answer, asked 5 times
*/
