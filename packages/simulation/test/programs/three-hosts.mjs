import { getRunningLoop, sleep } from '@loop/core'
import { createDatagramEndpoint } from '@loop/net'
import { openConnection, startServer } from '@loop/net/streams'
import { currentHost, simulate } from '@loop/simulation'

// JavaScript, because it also runs on the built package, on runtimes that know no types.

/** @typedef {import('@loop/simulation').Host} Host */

const LINE = Buffer.from('\n')

/**
 * Throws where code does not run on the loop of its host.
 * @param {Host} host
 */
function checkLoop(host) {
  if (getRunningLoop() !== host.loop || currentHost() !== host) throw new Error(`not on the loop of ${host.name}`)
}

/**
 * Keeps lines and counts them.
 * @param {Host} host
 */
async function store(host) {
  let kept = 0
  const server = await startServer(
    async (reader, writer) => {
      for (;;) {
        const line = await reader.readUntil(LINE).catch(() => null)
        checkLoop(host)
        if (line === null) break
        kept++
        writer.write(Buffer.from(`ok ${kept}\n`))
        await writer.drain()
      }
      writer.close()
    },
    { port: 5432 },
  )
  await server.serveForever()
}

/**
 * Sends lines to the store, and its name to the client each half second.
 * @param {Host} host
 */
async function web(host) {
  const [beat] = await createDatagramEndpoint(() => ({}), { remoteAddress: { host: 'client', port: 99 } })
  const tick = () => {
    beat.sendTo(Buffer.from(host.name))
    getRunningLoop().callLater(500, tick)
  }
  tick()
  for (let number = 1; ; number++) {
    try {
      const [reader, writer] = await openConnection({ host: 'db', port: 5432 })
      for (; ; number++) {
        writer.write(Buffer.from(`${host.name}-${number}\n`))
        const answer = await reader.readUntil(LINE)
        checkLoop(host)
        host.note(`got ${String(answer).trim()}`)
        await sleep(300)
      }
    } catch (error) {
      host.note(`failed: ${/** @type {{ code?: string }} */ (error).code ?? /** @type {Error} */ (error).name}`)
      await sleep(700)
    }
  }
}

/** @param {import('@loop/simulation').World} world */
async function scenario(world) {
  world.host('db', store)
  world.host('web-1', web)
  world.host('web-2', web, { clockRate: 1.05, clockOffset: 5000 })
  /** @type {Record<string, number>} */
  const seen = {}
  const client = world.client(async () => {
    await createDatagramEndpoint(
      () => ({
        /** @param {Buffer} bytes */
        datagramReceived(bytes) {
          seen[String(bytes)] = (seen[String(bytes)] ?? 0) + 1
        },
      }),
      { localAddress: { host: '0.0.0.0', port: 99 } },
    )
    await sleep(50_000)
  })
  await sleep(2000)
  world.partition('db', 'web-1')
  await sleep(3000)
  world.repair('db', 'web-1')
  await sleep(3000)
  world.partition('db', 'web-1')
  await sleep(15_000)
  world.repair('db', 'web-1')
  world.crash('web-2', { sockets: 'vanish' })
  await sleep(2000)
  world.restart('web-2')
  await sleep(3000)
  world.crash('db')
  await sleep(3000)
  world.restart('db')
  await sleep(3000)
  world.pause('web-1')
  await sleep(3000)
  world.resume('web-1')
  await client
  world.note(`seen ${JSON.stringify(seen)}`)
  return seen
}

/**
 * Three hosts and a client over unchanged @loop/net, with everything that can happen to hosts and links.
 * @param {number} seed
 * @param {import('@loop/simulation').SimulateOptions} [options]
 */
export function threeHosts(seed, options = {}) {
  return simulate(scenario, {
    seed,
    network: { loss: 0.01, duplicate: 0.02, fragment: 0.1, retryTimeout: 8000, connectTimeout: 4000 },
    ...options,
  })
}
