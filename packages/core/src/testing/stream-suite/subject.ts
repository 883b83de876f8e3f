import assert from 'node:assert/strict'
import type { Connection, ConnectionHandler, DatagramHandler, Listener, StreamIo } from '../../contracts/streams.ts'
import type { EventLoop } from '../../loop/event-loop.ts'
import type { Future } from '../../task/future.ts'

/** An event by name: errors by their code, neighbouring data as one. */
type Note = string

/** Notes what it is told, in order, and can be waited for. */
class Notes {
  readonly events: Note[] = []
  private readonly waiting: { readonly holds: () => boolean; readonly future: Future<void> }[] = []

  constructor(private readonly loop: EventLoop) {}

  /** Done when `holds` says so, which is asked at each event. */
  async until(holds: () => boolean): Promise<void> {
    if (holds()) return
    const future = this.loop.createFuture<void>()
    this.waiting.push({ holds, future })
    await future
  }

  /** Done when an event was told. */
  async told(event: Note): Promise<void> {
    await this.until(() => this.events.includes(event))
  }

  protected note(event: Note): void {
    if (event !== 'data' || this.events.at(-1) !== 'data') this.events.push(event)
    for (const { holds, future } of [...this.waiting]) if (!future.done() && holds()) future.setResult()
  }
}

const nameOf = (error: Error | undefined): string =>
  error === undefined ? '' : ` ${(error as { code?: string }).code ?? error.message}`

/** The handler of one end of a connection. */
export class Probe extends Notes implements ConnectionHandler {
  readonly chunks: Uint8Array[] = []
  connection!: Connection
  onData: (bytes: Uint8Array) => void = () => {}
  received = 0

  get bytes(): Buffer {
    return Buffer.concat(this.chunks)
  }

  connected(): void {
    this.note('connected')
  }

  data(bytes: Uint8Array): void {
    this.chunks.push(bytes)
    this.received += bytes.length
    this.onData(bytes)
    this.note('data')
  }

  readable(): void {
    this.note('readable')
  }

  eof(): void {
    this.note('eof')
  }

  drained(): void {
    this.note('drained')
  }

  closed(error: Error | undefined): void {
    this.note(`closed${nameOf(error)}`)
  }

  /** Done when it is over. */
  async over(): Promise<void> {
    await this.until(() => this.events.at(-1)?.startsWith('closed') === true)
  }
}

/** The handler of a datagram socket. */
export class DatagramProbe extends Notes implements DatagramHandler {
  readonly datagrams: string[] = []
  readonly from: unknown[] = []

  datagram(bytes: Uint8Array, from: unknown): void {
    this.datagrams.push(String(Buffer.from(bytes)))
    this.from.push(from)
    this.note('datagram')
  }

  failed(error: Error): void {
    this.note(`failed${nameOf(error)}`)
  }

  drained(): void {
    this.note('drained')
  }

  closed(error: Error | undefined): void {
    this.note(`closed${nameOf(error)}`)
  }
}

/** What a case works with. */
export class StreamSubject {
  constructor(
    readonly loop: EventLoop,
    readonly streams: StreamIo,
  ) {}

  probe(): Probe {
    return new Probe(this.loop)
  }

  /** A listener on a port of its own; `taken` gets the probe of each connection. */
  listen(taken: (probe: Probe) => void): { readonly listener: Listener; readonly port: number } {
    const listener = this.streams.listen(
      { host: '127.0.0.1' },
      {
        accepted: (connection) => {
          const probe = this.probe()
          probe.connection = connection
          taken(probe)
          return probe
        },
      },
    )
    const { address } = listener
    assert.ok(address.family !== 'unix')
    return { listener, port: address.port }
  }

  /** Two connected ends. */
  async pair(near = this.probe()): Promise<{ near: Probe; far: Probe }> {
    const accepted = this.loop.createFuture<Probe>()
    const { listener, port } = this.listen((probe) => {
      accepted.setResult(probe)
    })
    near.connection = this.streams.connect({ host: '127.0.0.1', port }, near)
    await near.told('connected')
    const far = await accepted
    listener.close()
    return { near, far }
  }

  /** Ends both ends. */
  async end(...probes: readonly Probe[]): Promise<void> {
    for (const { connection } of probes) connection.close()
    for (const probe of probes) await probe.over()
  }
}

/** Bytes that differ at every place near each other: a shifted or swapped piece does not compare equal. */
export function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8) * 7) & 0xff
  return bytes
}
