/** Real milliseconds of a seed, and megabytes that the second half of the seeds leaves behind. Arguments: POINT. */
import { sleep } from '@loop/core'
import { openConnection, startServer } from '@loop/net/streams'
import { simulate } from '@loop/simulation'
import { pointGiven } from '@loop/bench-kit/worker'

const NEWLINE = Buffer.from('\n')

/** @param {import('@loop/simulation').World} world */
async function body(world) {
  world.host('server', async () => {
    const server = await startServer(
      async (reader, writer) => {
        for (;;) writer.write(await reader.readUntil(NEWLINE))
      },
      { port: 1 },
    )
    await server.serveForever()
  })
  world.host('client', async () => {
    for (;;) {
      try {
        const [reader, writer] = await openConnection({ host: 'server', port: 1 })
        for (;;) {
          writer.write(NEWLINE)
          await reader.readUntil(NEWLINE)
          await sleep(100)
        }
      } catch {
        await sleep(100)
      }
    }
  })
  await sleep(2000)
}

/** Heap in use, in megabytes, without what is garbage. */
function heap() {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 2 ** 20
}

const { seeds } = pointGiven()
const half = seeds / 2
const began = performance.now()
const options = { runs: half, faults: { every: [100, 500] } }
await simulate(body, { ...options, seed: 1 })
const then = heap()
await simulate(body, { ...options, seed: 1 + half })
console.log(JSON.stringify({ ms: (performance.now() - began) / seeds, grown: heap() - then }))
