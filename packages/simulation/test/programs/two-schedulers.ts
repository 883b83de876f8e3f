import { sleep } from '@loop/core'
import { AsyncScheduler, LeaseLostError } from '@loop/scheduler'
import { openConnection, startServer } from '@loop/net/streams'
import type { FaultKind, Host, SimulateOptions, SimulationResult, World } from '../../src/index.ts'
import { simulate } from '../../src/index.ts'
import { JobClient, serveJobs } from '../../src/jobs/index.ts'

const JOBS = 7000
const LEDGER = 7001
const EVERY_MS = 1000
const LEASE_MS = 3000
/** Milliseconds of faults, and of quiet after them. */
const ROUGH_MS = 20_000
const QUIET_MS = 15_000
const FOREVER = 1e9
const NEWLINE = Buffer.from('\n')

/**
 * What may happen. Not among them are pauses and clocks that run at another rate: a program that stands still for longer
 * than its lease cannot know that it was lost, and no scheduler can help that. Nor are jumps of the wall clock: runs that
 * a clock an hour ahead has offered are not offered again until the others' clocks come there, as is documented.
 */
const FAULTS: readonly FaultKind[] = ['crash', 'powerLoss', 'partition', 'oneWay', 'isolation', 'hold', 'reset', 'slow']

/** What is seen from above of the runs of one job. */
interface Seen {
  /** Runs in progress: host and boot. */
  readonly running: Set<string>
  /** Runs that ended well, by occurrence. */
  readonly done: Map<string, number>
  /** World time of the last end. */
  last: number
}

/** A worker: its job takes a while, and writes a line to the ledger over a connection of its own. */
const worker =
  (world: World, seen: Seen) =>
  async (host: Host): Promise<void> => {
    const me = `${host.name}#${host.boots}`
    await using scheduler = new AsyncScheduler({
      store: new JobClient({ host: 'jobs', port: JOBS, leaseMs: LEASE_MS }),
    })
    scheduler.on('storeError', () => {})
    scheduler.recurring(
      'work',
      async ({ key }) => {
        // Runs of programs that are gone have ended, too.
        for (const each of seen.running) {
          const [name, boots] = each.split('#')
          const other = world.get(name!)
          if (other.state === 'down' || String(other.boots) !== boots) seen.running.delete(each)
        }
        if (seen.running.size > 0) throw new Error(`${key} runs on ${me} while ${[...seen.running].join()} runs it`)
        seen.running.add(me)
        try {
          await sleep(100 + host.random.below(600))
          const [reader, writer] = await openConnection({ host: 'ledger', port: LEDGER })
          try {
            writer.write(Buffer.from(`${key}\n`))
            await reader.readUntil(NEWLINE)
          } finally {
            writer.close()
          }
          seen.done.set(key, (seen.done.get(key) ?? 0) + 1)
          seen.last = world.now()
        } catch (error) {
          if ((error as Error).message.includes(' runs on ')) world.note((error as Error).message)
          throw error
        } finally {
          seen.running.delete(me)
        }
      },
      { every: EVERY_MS, overlap: 'skip' },
    )
    await sleep(FOREVER)
  }

/** Keeps lines, in memory. */
async function ledger(): Promise<void> {
  const server = await startServer(
    async (reader, writer) => {
      await reader.readUntil(NEWLINE)
      writer.write(NEWLINE)
      await writer.drain()
      writer.close()
    },
    { port: LEDGER },
  )
  await server.serveForever()
}

async function scenario(world: World): Promise<number> {
  const seen: Seen = { running: new Set(), done: new Map(), last: 0 }
  world.host('jobs', serveJobs({ port: JOBS, leaseMs: LEASE_MS }), { onError: 'restart' })
  world.host('ledger', ledger, { onError: 'restart' })
  for (const name of ['worker-1', 'worker-2'])
    world.host(name, worker(world, seen), { mayReport: ({ exception }) => exception instanceof LeaseLostError })
  world.always('at most one run at a time', () => seen.running.size <= 1)
  const faults = world.injectFaults({ kinds: FAULTS, every: [500, 4000], lasts: [100, 5000] })
  await sleep(ROUGH_MS)
  faults.stop()
  world.healAll()
  await sleep(QUIET_MS)
  if (world.now() - seen.last > 5 * EVERY_MS)
    throw new Error(`the job does not run any more: the last run ended ${world.now() - seen.last} ms ago`)
  return seen.done.size
}

/** Two schedulers share a job over a network that fails; a job server keeps it on a disk that may crash. */
export function twoSchedulers(options: SimulateOptions = {}): Promise<SimulationResult<number>> {
  return simulate(scenario, {
    network: { latency: [1, 10], loss: 0.005, fragment: 0.05, retryTimeout: 10_000 },
    ...options,
  })
}
