// Heavy functions on threads: results as they come, progress from inside, and a worker that dies alone.
import { getRunningLoop, run, threadsafeDoor, ThreadPoolExecutor, type DoorClient } from '@loop/runtime'

function countPrimes(from: number, to: number): number {
  let count = 0
  for (let n = Math.max(from, 2); n < to; n++) {
    let prime = true
    for (let d = 2; d * d <= n && prime; d++) prime = n % d !== 0
    if (prime) count++
  }
  return count
}

await run(async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 2 })

  // The function travels as its source text, so it uses only its arguments and the language.
  const parts = [0, 1, 2, 3].map((part) => pool.submit(countPrimes, [part * 50_000, (part + 1) * 50_000]))
  let total = 0
  for (const part of parts) total += await part
  console.log('primes below 200000:', total)

  const door = threadsafeDoor(getRunningLoop())
  door.register('progress', (percent: number) => {
    console.log(`${percent} %`)
  })
  await pool.submit(
    (door: DoorClient) => {
      for (const percent of [0, 50, 100]) door.callSoon('progress', percent)
    },
    [door],
  )

  const dies = pool.submit(() => process.exit(3), [])
  const lives = pool.submit(() => 'still here', [])
  try {
    await dies
  } catch (error) {
    console.log((error as Error).name) // the worker was replaced, and no other task was lost
  }
  console.log(await lives)
})

/* Prints:
primes below 200000: 17984
0 %
50 %
100 %
BrokenExecutorError
still here
*/
