/** Programs with a well-known bug each, and what must be so: a seed is to show that it is not. */
import { getRunningLoop, sleep, timeout } from '@loop/core'
import { openConnection, startServer } from '@loop/net/streams'
import type { Host, SimulateOptions, Simulation } from '../../src/index.ts'

/** A program with a bug that can be mended, what is done to it, and what its failure says. */
export interface Planted {
  readonly name: string
  readonly says: string
  readonly options: SimulateOptions
  simulation(mended: boolean): Simulation
}

const LINE = Buffer.from('\n')

/** Serves questions of a line with answers of a line, one for each connection. */
async function serve(port: number, answer: (question: string) => PromiseLike<string> | string): Promise<void> {
  const server = await startServer(
    async (reader, writer) => {
      try {
        writer.write(Buffer.from(`${await answer(String(await reader.readUntil(LINE)).trim())}\n`))
        await writer.drain()
      } finally {
        writer.close()
      }
    },
    { port },
  )
  await server.serveForever()
}

/** Asks once; null when there is no answer. */
async function ask(host: string, port: number, question: string): Promise<string | null> {
  try {
    return await timeout(1000, async () => {
      const [reader, writer] = await openConnection({ host, port })
      try {
        writer.write(Buffer.from(`${question}\n`))
        return String(await reader.readUntil(LINE)).trim()
      } finally {
        writer.close()
      }
    })
  } catch {
    return null
  }
}

/** A store that says "kept" before what it keeps is on its disk. */
const lostAcknowledgement: Planted = {
  name: 'a lost acknowledgement',
  says: 'what was acknowledged is lost',
  options: { faults: { kinds: ['crash', 'powerLoss'], every: [200, 2000], lasts: [100, 500] } },
  simulation: (mended) => async (world) => {
    world.host('store', async (host) => {
      await serve(80, async (line) => {
        await host.disk.appendFile('/kept', `${line}\n`, { flush: mended })
        return 'kept'
      })
    })
    const kept: string[] = []
    for (let number = 1; number <= 30; number++) {
      if ((await ask('store', 80, `line ${number}`)) === 'kept') kept.push(`line ${number}`)
      await sleep(100)
    }
    world.healAll()
    await sleep(1000)
    const there = await world
      .get('store')
      .disk.readFile('/kept', 'utf8')
      .catch(() => '')
    for (const line of kept) if (!there.includes(`${line}\n`)) throw new Error('what was acknowledged is lost')
  },
}

/** A backup that leads when it hears nothing of the first one, which may well live; mended, a witness decides. */
const splitBrain: Planted = {
  name: 'a split brain',
  says: 'what must always be so is not: one leader',
  options: { faults: { kinds: ['partition', 'isolation'], lasts: [1000, 8000] } },
  simulation: (mended) => async (world) => {
    const TERM_MS = 1000
    const leading = new Set<string>()
    world.always('one leader', () => leading.size <= 1)
    world.host('witness', async () => {
      const loop = getRunningLoop()
      let leader = ''
      let until = 0
      await serve(80, (name) => {
        if (name !== leader && loop.time() < until) return 'no'
        leader = name
        until = loop.time() + 2 * TERM_MS
        return 'yes'
      })
    })
    const first = async () => {
      await serve(80, () => 'alive')
    }
    const onSilence = async ({ name }: Host) => {
      while ((await ask('first', 80, 'hello')) !== null) await sleep(200)
      leading.add(name)
    }
    const byTheWitness = async ({ name }: Host) => {
      const loop = getRunningLoop()
      for (let end = loop.callSoon(() => {}); ; await sleep(200)) {
        const asked = loop.time()
        if ((await ask('witness', 80, name)) !== 'yes' || loop.time() - asked > TERM_MS) continue
        leading.add(name)
        end.cancel()
        end = loop.callAt(asked + TERM_MS, () => leading.delete(name))
      }
    }
    if (!mended) leading.add('first')
    world.host('first', mended ? byTheWitness : first)
    world.host('second', mended ? byTheWitness : onSilence)
    await sleep(30_000)
  },
}

/** A lock server that forgets in a crash who has the lock. */
const doubleLease: Planted = {
  name: 'a double lease',
  says: 'what must always be so is not: one holder',
  options: { faults: { kinds: ['crash'], lasts: [100, 500] } },
  simulation: (mended) => async (world) => {
    const LEASE_MS = 2000
    world.host('locks', async (host) => {
      const loop = getRunningLoop()
      let until = 0
      // All leases that were given before the crash have ended after the time of one.
      if (mended && host.boots > 1) until = loop.time() + LEASE_MS
      await serve(80, () => {
        if (loop.time() < until) return 'no'
        until = loop.time() + LEASE_MS
        return 'yes'
      })
    })
    const holders = new Set<string>()
    world.always('one holder', () => holders.size <= 1)
    const worker = async (host: Host) => {
      const loop = getRunningLoop()
      for (;;) {
        const asked = loop.time()
        if ((await ask('locks', 80, 'lock')) === 'yes' && loop.time() - asked < LEASE_MS / 2) {
          holders.add(host.name)
          await sleep(LEASE_MS / 2 - 100)
          holders.delete(host.name)
        }
        await sleep(50 + host.random.below(200))
      }
    }
    world.client('one', async (host) => await Promise.race([worker(host), sleep(30_000)]))
    world.client('other', async (host) => await Promise.race([worker(host), sleep(30_000)]))
    await sleep(30_000)
  },
}

/** A client that tries again what has been done, of which only the answer was lost. */
const retryWithoutKey: Planted = {
  name: 'a retry without idempotency',
  says: 'an order was doubled',
  options: { network: { loss: 0.02 }, faults: { kinds: ['partition', 'reset', 'oneWay'] } },
  simulation: (mended) => async (world) => {
    const orders: string[] = []
    world.host('shop', () =>
      serve(80, async (order) => {
        await sleep(10)
        if (!mended || !orders.includes(order)) orders.push(order)
        return 'thanks'
      }),
    )
    await world.client(async () => {
      for (let number = 1; number <= 20; number++)
        while ((await ask('shop', 80, `order ${number}`)) === null) await sleep(500)
    })
    if (new Set(orders).size < 20) throw new Error('an order was lost')
    if (orders.length > 20) throw new Error('an order was doubled')
  },
}

export const planted: readonly Planted[] = [lostAcknowledgement, splitBrain, doubleLease, retryWithoutKey]
