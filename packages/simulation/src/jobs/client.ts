import type { Future } from '@loop/core'
import { getRunningLoop, timeout } from '@loop/core'
import type { StreamReader, StreamWriter } from '@loop/net/streams'
import { openConnection } from '@loop/net/streams'
import type {
  JobRegistration,
  JobStore,
  Lease,
  ListedJob,
  Offer,
  OfferResult,
  RunRecord,
  StoredJob,
} from '@loop/scheduler'
import { encodeJson } from '@loop/scheduler'
import { currentHost } from '../world/host.ts'
import type { Command } from './job-table.ts'
import type { Answer } from './wire.ts'
import { decodeLine, encodeLine } from './wire.ts'

/** Options of {@link JobClient}. */
export interface JobClientOptions {
  /** The host that runs `serveJobs`. */
  readonly host: string
  readonly port: number
  /** Milliseconds that a lease lasts, as the server has it; 3,000 by default. */
  readonly leaseMs?: number
  /** Milliseconds between two looks for work that others left; 500 by default. */
  readonly pollMs?: number
  /** Milliseconds after which an answer that has not come counts as lost; 800 by default. */
  readonly answerMs?: number
}

const LEASE_MS = 3000
const NEWLINE = Buffer.from('\n')

/** A connection, and who waits for which answer. */
interface Line {
  readonly writer: StreamWriter
  readonly waiting: Map<number, Future<unknown>>
}

/**
 * A job store of @loop/scheduler on another simulated host, which several schedulers share. What happens to the network
 * and to that host shows as failures of its members, which the scheduler has to live with.
 */
export class JobClient implements JobStore {
  readonly name = 'simulated'
  readonly shared = true
  readonly pollMs: number
  readonly renewMs: number
  private readonly owner = `${currentHost()?.name ?? 'nobody'} ${(currentHost()?.random.uuid() ?? '').slice(0, 8)}`
  private readonly names = new Set<string>()
  private readonly answerMs: number
  private line: Line | null = null
  private questions = 0

  constructor(private readonly options: JobClientOptions) {
    const { leaseMs = LEASE_MS, pollMs = 500, answerMs = 800 } = options
    this.pollMs = pollMs
    this.answerMs = answerMs
    this.renewMs = leaseMs / 3
  }

  async open(): Promise<void> {
    await this.ask({ op: 'list', open: true })
  }

  close(): void {
    this.hangUp(this.line)
  }

  async register(job: JobRegistration): Promise<StoredJob> {
    this.names.add(job.name)
    return (await this.ask({ op: 'register', job })) as StoredJob
  }

  async remove(name: string): Promise<boolean> {
    this.names.delete(name)
    return (await this.ask({ op: 'remove', name })) as boolean
  }

  async list(open: boolean): Promise<readonly ListedJob[]> {
    return (await this.ask({ op: 'list', open })) as ListedJob[]
  }

  async pause(name: string, paused: boolean): Promise<void> {
    await this.ask({ op: 'pause', name, paused })
  }

  async rewind(name: string, watermark: number): Promise<void> {
    await this.ask({ op: 'rewind', name, watermark })
  }

  async offer(offer: Offer): Promise<OfferResult> {
    return (await this.ask({ op: 'offer', offer })) as OfferResult
  }

  async start(name: string, scheduledFor: number): Promise<Lease | null> {
    return (await this.ask({ op: 'start', name, scheduledFor })) as Lease | null
  }

  async take(name: string | null): Promise<readonly Lease[]> {
    return (await this.ask({ op: 'take', name, names: [...this.names] })) as Lease[]
  }

  async renew(lease: Lease): Promise<boolean> {
    return (await this.ask({ op: 'renew', lease })) as boolean
  }

  async release(lease: Lease, began: boolean): Promise<void> {
    await this.ask({ op: 'release', lease, began })
  }

  async finish(lease: Lease, record: RunRecord): Promise<boolean> {
    return (await this.ask({ op: 'finish', lease, record })) as boolean
  }

  encode(result: unknown): unknown {
    return encodeJson(result)
  }

  private async ask(command: Command): Promise<unknown> {
    let line: Line | null = null
    try {
      return await timeout(this.answerMs, async () => {
        line = await this.connected()
        const answer = getRunningLoop().createFuture<unknown>()
        const id = ++this.questions
        line.waiting.set(id, answer)
        try {
          line.writer.write(encodeLine({ id, owner: this.owner, command }))
          return await answer
        } finally {
          line.waiting.delete(id)
        }
      })
    } catch (error) {
      // An answer that comes late is not to be taken for that of another question, and a silent line is no use.
      this.hangUp(line)
      throw error
    }
  }

  private async connected(): Promise<Line> {
    if (this.line !== null) return this.line
    const { host, port } = this.options
    const [reader, writer] = await openConnection({ host, port })
    // Another question may have been as quick.
    if (this.line !== null) {
      writer.close()
      return this.line
    }
    const line: Line = { writer, waiting: new Map() }
    this.line = line
    getRunningLoop().createTask(() => this.listen(reader, line), { name: 'answers of the job server' })
    return line
  }

  private async listen(reader: StreamReader, line: Line): Promise<void> {
    try {
      for (;;) {
        const { id, value, error } = decodeLine<Answer>(await reader.readUntil(NEWLINE))
        const answer = line.waiting.get(id)
        if (answer === undefined || answer.done()) continue
        if (error === undefined) answer.setResult(value)
        else answer.setException(new Error(error))
      }
    } catch (error) {
      this.hangUp(line, error)
    }
  }

  private hangUp(line: Line | null, reason: unknown = new Error('the line to the job server is closed')): void {
    if (line === null) return
    if (this.line === line) this.line = null
    line.writer.close()
    for (const answer of line.waiting.values()) if (!answer.done()) answer.setException(reason)
  }
}
