import { getRunningLoop, taskGroup } from '@loop/core'
import type { Future } from '@loop/core'
import type { StreamReader, StreamWriter } from '@loop/net/streams'
import { startServer } from '@loop/net/streams'
import type { Host } from '../world/host.ts'
import type { Command, Issued } from './job-table.ts'
import { JobTable } from './job-table.ts'
import { Journal } from './journal.ts'
import type { Question } from './wire.ts'
import { decodeLine, encodeLine } from './wire.ts'

/** Options of {@link serveJobs}. */
export interface JobServerOptions {
  readonly port: number
  /** Milliseconds after which a lease that was not renewed may be taken over; 3,000 by default. */
  readonly leaseMs?: number
  /** The file of its log; '/jobs.log' by default. */
  readonly path?: string
}

/** What waits to be written, and who waits for it. */
interface Waiting extends Issued {
  readonly command: Command
  readonly answer: Future<unknown>
}

const LEASE_MS = 3000
const NEWLINE = Buffer.from('\n')

/**
 * The program of a host that keeps jobs on its disk and serves them to {@link JobClient}s: what it has answered for
 * survives its crashes. It runs until the host goes down.
 *
 * ```ts
 * world.host('jobs', serveJobs({ port: 7000 }), { onError: 'restart' })
 * ```
 */
export function serveJobs({ port, leaseMs = LEASE_MS, path = '/jobs.log' }: JobServerOptions) {
  return async (host: Host): Promise<void> => {
    const { journal, entries } = await Journal.open(host.disk, path)
    const table = new JobTable(leaseMs)
    let begun = 0
    for (const { command, owner, at } of entries as (Issued & { command: Command })[]) {
      begun = at
      attempt(table, command, { owner, at })
    }
    const server = new JobServer(table, journal, begun)
    await taskGroup(async (group) => {
      group.createTask(() => server.write())
      const listening = await startServer((reader, writer) => server.serve(reader, writer), { port })
      group.createTask(() => listening.serveForever())
    })
  }
}

class JobServer {
  private readonly loop = getRunningLoop()
  private waiting: Waiting[] = []
  private wake: Future<void> | null = null

  /**
   * @param begun The database's time of the last entry: its time goes on from there, so that leases never run out early
   */
  constructor(
    private readonly table: JobTable,
    private readonly journal: Journal,
    private readonly begun: number,
  ) {}

  /** Writes what waits, all of it at once; then does it and answers. */
  async write(): Promise<void> {
    for (;;) {
      if (this.waiting.length === 0) {
        this.wake = this.loop.createFuture()
        await this.wake
      }
      const batch = this.waiting
      this.waiting = []
      await this.journal.append(batch.map(({ command, owner, at }) => ({ command, owner, at })))
      for (const { command, owner, at, answer } of batch) {
        const [value, error] = attempt(this.table, command, { owner, at })
        if (answer.done()) continue
        if (error === undefined) answer.setResult(value)
        else answer.setException(error)
      }
    }
  }

  /** Answers the questions of one client. */
  async serve(reader: StreamReader, writer: StreamWriter): Promise<void> {
    try {
      for (;;) {
        const { id, owner, command } = decodeLine<Question>(await reader.readUntil(NEWLINE))
        try {
          writer.write(encodeLine({ id, value: (await this.done(command as Command, owner)) ?? null }))
        } catch (error) {
          writer.write(encodeLine({ id, error: (error as Error).message }))
        }
        await writer.drain()
      }
    } catch {
      // The client is gone; it asks again over another connection.
    } finally {
      writer.close()
    }
  }

  private done(command: Command, owner: string): Future<unknown> {
    const answer = this.loop.createFuture<unknown>()
    this.waiting.push({ command, owner, at: this.begun + this.loop.time(), answer })
    if (this.wake?.done() === false) this.wake.setResult()
    return answer
  }
}

function attempt(table: JobTable, command: Command, by: Issued): [unknown, Error | undefined] {
  try {
    return [table.apply(command, by), undefined]
  } catch (error) {
    return [undefined, error as Error]
  }
}
