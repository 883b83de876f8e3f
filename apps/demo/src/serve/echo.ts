import type { EventLoop } from '@loop/core'
import { sleep, taskGroup } from '@loop/core'
import type { Protocol, Server, Transport } from '@loop/net'
import { createServer } from '@loop/net'
import { openConnection } from '@loop/net/streams'
import { Queue, QueueShutDown } from '@loop/sync'
import { ListenError } from './errors.ts'

/** What the echo server has done. */
export class EchoCounts {
  messages = 0
  bytes = 0
  /** Moving mean of the round trips, in milliseconds; null before the first. */
  roundTrip: number | null = null
}

/** One connection: what comes is sent back. */
class Echo implements Protocol {
  private transport!: Transport

  constructor(private readonly counts: EchoCounts) {}

  connectionMade(transport: Transport): void {
    this.transport = transport
  }

  dataReceived(bytes: Buffer): void {
    this.counts.messages++
    this.counts.bytes += bytes.length
    this.transport.write(bytes)
  }
}

/**
 * Starts the echo server.
 *
 * @throws ListenError with what to do about it
 */
export async function startEcho(counts: EchoCounts, host: string, port: number): Promise<Server> {
  try {
    return await createServer(() => new Echo(counts), { host, port })
  } catch (cause) {
    throw new ListenError(
      `the echo server cannot start: ${(cause as Error).message}. Choose another port with --echo-port`,
      { cause },
    )
  }
}

/** The part of a new round trip in the mean is one of these: calm enough to read, quick enough to follow. */
const MEAN_OF = 50

/**
 * The service's own clients: a group of tasks that send a line, wait for it to come back, and rest; and a bookkeeper
 * that takes their round trips from a queue. Runs until it is cancelled.
 */
export async function runClients(
  loop: EventLoop,
  server: Server,
  counts: EchoCounts,
  clients: number,
  pause: number,
): Promise<void> {
  const roundTrips = new Queue<number>(1000)
  await taskGroup(async (group) => {
    group.createTask(
      function bookkeeper() {
        return keepBooks(roundTrips, counts)
      },
      { name: 'bookkeeper' },
    )
    for (let number = 1; number <= clients; number++) {
      group.createTask(
        function talk() {
          return talkToEcho(loop, server, roundTrips, pause)
        },
        { name: `client ${number}` },
      )
    }
  })
}

async function talkToEcho(loop: EventLoop, server: Server, roundTrips: Queue<number>, pause: number): Promise<void> {
  const { address } = server.sockets[0] as { address: string }
  const [reader, writer] = await openConnection({ host: address, port: server.port })
  try {
    for (let count = 1; ; count++) {
      const began = loop.time()
      writer.write(Buffer.from(`message ${count}\n`))
      // An end of file here is the server going away; the group ends then.
      if ((await reader.readLine()).length === 0) return
      await roundTrips.put(loop.time() - began)
      await sleep(pause)
    }
  } finally {
    writer.close()
  }
}

async function keepBooks(roundTrips: Queue<number>, counts: EchoCounts): Promise<void> {
  try {
    for (;;) {
      const ms = await roundTrips.get()
      counts.roundTrip = counts.roundTrip === null ? ms : counts.roundTrip + (ms - counts.roundTrip) / MEAN_OF
    }
  } catch (error) {
    if (!(error instanceof QueueShutDown)) throw error
  }
}
