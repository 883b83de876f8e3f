// A client that tries again doubles an order: the answer was lost, not the question.
import { sleep, timeout } from '@loop/core'
import { openConnection, startServer } from '@loop/net/streams'
import type { World } from '@loop/simulation'
import { simulate, SimulationError } from '@loop/simulation'

const LINE = Buffer.from('\n')

/** Takes orders, each in a line, and answers when it has them. */
const shop = (orders: string[], knowsKeys: boolean) => async () => {
  const server = await startServer(
    async (reader, writer) => {
      const order = String(await reader.readUntil(LINE)).trim()
      await sleep(10)
      if (!knowsKeys || !orders.includes(order)) orders.push(order)
      writer.write(Buffer.from('thanks\n'))
      await writer.drain()
      writer.close()
    },
    { port: 80 },
  )
  await server.serveForever()
}

/** Orders, and tries again until there is an answer. */
async function order(key: string): Promise<void> {
  for (;;) {
    try {
      return await timeout(1000, async () => {
        const [reader, writer] = await openConnection({ host: 'shop', port: 80 })
        try {
          writer.write(Buffer.from(`${key}\n`))
          await reader.readUntil(LINE)
        } finally {
          writer.close()
        }
      })
    } catch {
      await sleep(500)
    }
  }
}

const shopping = (knowsKeys: boolean) => async (world: World) => {
  const orders: string[] = []
  world.host('shop', shop(orders, knowsKeys))
  await world.client(async () => {
    for (let number = 1; number <= 20; number++) await order(`order-${number}`)
  })
  if (orders.length > 20) throw new Error('an order was doubled')
}

const options = { runs: 100, faults: { kinds: ['partition'] } } as const

try {
  await simulate(shopping(false), options)
} catch (error) {
  if (!(error instanceof SimulationError)) throw error
  console.log(`without keys: ${(error.cause as Error).message}`)
}
await simulate(shopping(true), options)
console.log('with keys: no seed of 100 fails')

/* Prints:
without keys: an order was doubled
with keys: no seed of 100 fails
*/
