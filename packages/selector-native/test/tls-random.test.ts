/**
 * Long because what is done and the model that knows what may come of it are read together.
 *
 * Random orders of everything that can be called on connections with TLS, among themselves and with peers of node:tls
 * that reset, end and half-close, and peers that speak something else. A model knows what may be reported: every byte in
 * order, all of them before an end in order, nothing after close, every end once, no descriptor left.
 *
 * LOOP_SOAK_SECONDS=600 makes programs for so long and then looks at the memory, too.
 */
import { sleep } from '@loop/core'
import type {
  Connection,
  ConnectionHandler,
  Listener,
  SocketAddress,
  TlsContext,
  TlsSession,
  TlsSide,
} from '@loop/core/lowlevel'
import { connect } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { counting, openDescriptors, randomNumbers } from './random.ts'
import type { StreamTest } from './support.ts'
import { backends, onLoop, portOf } from './support.ts'
import { CLIENT, nodeClient, SERVER, VERSIONS } from './tls-support.ts'

/** Programs for each backend, and steps of each. */
const SEEDS = Number(process.env['LOOP_FUZZ_SEEDS'] ?? 5)
const SOAK_MS = 1000 * Number(process.env['LOOP_SOAK_SECONDS'] ?? 0)
const STEPS = 400

/** What everybody of a program shares. */
interface Common {
  readonly open: Set<Model>
  /** The last two ends with each pair of ports, which the system uses again. */
  readonly ends: Map<string, Partial<Record<TlsSide, Model>>>
  readonly faults: string[]
  readonly seen: Record<string, number>
}

/** Checks what one connection reports. */
class Model implements ConnectionHandler {
  connection!: Connection
  state: 'new' | 'open' | 'eof' | 'closed' = 'new'
  mayWrite = false
  goesOn = false
  written = 0
  /** It was broken off: its peer may miss bytes. */
  broken = false
  received = 0

  constructor(private readonly common: Common) {
    common.open.add(this)
  }

  /** It is one end of the connection between these ports. */
  attach(side: TlsSide, clientPort: number, serverPort: number): void {
    const { ends } = this.common
    const key = `${clientPort} ${serverPort}`
    ends.set(key, { ...ends.get(key), [side]: this })
    this.peer = () => ends.get(key)?.[side === 'server' ? 'client' : 'server']
  }
  peer: () => Model | undefined = () => undefined

  secured(session: TlsSession): void {
    if (this.state !== 'new') this.fault(`secured after ${this.state}`)
    if (session.facts === undefined) this.fault('no facts')
    this.state = 'open'
    this.mayWrite = true
    this.count('secured')
  }

  data(bytes: Uint8Array): void {
    if (this.state !== 'open') this.fault(`data after ${this.state}`)
    if (this.connection.paused) this.fault('data while paused')
    if (!(bytes as Buffer).equals(counting(this.received, bytes.length))) this.fault('bytes are wrong')
    this.received += bytes.length
    this.count('data')
  }
  eof(): void {
    if (this.state !== 'open') this.fault(`eof after ${this.state}`)
    if (this.connection.paused) this.fault('eof while paused')
    const peer = this.peer()
    if (peer !== undefined && !peer.broken && peer.state !== 'closed') {
      if (peer.written !== this.received) this.fault(`${this.received} bytes of ${peer.written} before the end`)
      this.count('complete')
    }
    this.state = 'eof'
    this.count('eof')
  }
  drained(): void {
    this.goesOn = true
    this.count('drained')
  }
  closed(error: Error | undefined): void {
    if (this.state === 'closed') this.fault('closed twice')
    if (error !== undefined) this.broken = true
    this.state = 'closed'
    this.mayWrite = false
    this.count(error === undefined ? 'closed' : 'failed')
    this.common.open.delete(this)
  }

  private fault(what: string): void {
    this.common.faults.push(what)
  }
  private count(what: string): void {
    this.common.seen[what] = (this.common.seen[what] ?? 0) + 1
  }
}

class Program {
  private readonly common: Common
  private readonly servers: readonly TlsContext[]
  private readonly client: TlsContext
  private readonly listeners: Listener[]
  private readonly peers = new Set<{ socket: TLSSocket; raw: ReturnType<typeof connect>; written: number }>()
  /** Plain sockets of whoever is not under test. */
  private readonly strangers = new Set<ReturnType<typeof connect>>()

  constructor(
    private readonly subject: StreamTest,
    private readonly random: (below: number) => number,
    seen: Record<string, number>,
    /** Whether there are peers of node:tls: Node leaves the descriptor of some that reset open. */
    private readonly withNode = true,
  ) {
    const { tls } = subject.streams
    this.common = { open: new Set(), ends: new Map(), faults: [], seen }
    this.servers = VERSIONS.map((maxVersion) => tls!.context('server', { ...SERVER, maxVersion }))
    this.client = tls!.context('client', CLIENT)
    this.listeners = this.servers.map((context) => this.listen(context))
  }

  async run(): Promise<string[]> {
    for (let step = 0; step < STEPS; step++) {
      this.step()
      if (this.random(4) === 0) await sleep(0)
    }
    await this.everythingOnce()
    for (const listener of this.listeners) listener.close()
    for (const { socket } of this.peers) socket.destroy()
    for (const stranger of this.strangers) stranger.destroy()
    for (const model of this.common.open) this.abort(model)
    while (this.common.open.size > 0) await sleep(1)
    return this.common.faults
  }

  /** A writer is stopped by a peer that does not read, goes on when it does, and all of it has come when it ends. */
  private async everythingOnce(): Promise<void> {
    const writer = this.connectTo(this.listeners[0]!)
    while (writer.state === 'new') await sleep(0)
    while (writer.peer() === undefined || writer.peer()!.state === 'new') await sleep(0)
    const reader = writer.peer()!
    reader.connection.pause()
    while (this.write(writer, 1_000_000)) await sleep(0)
    reader.connection.resume()
    while (!writer.goesOn) await sleep(0)
    writer.connection.close()
    while (reader.state === 'open') await sleep(0)
    reader.connection.close()
    while (writer.state !== 'closed') await sleep(0)
  }

  private step(): void {
    const choice = this.random(100)
    if (choice < 8) this.connectTo(this.listeners[this.random(2)]!)
    else if (choice < 12) this.connectPeer()
    else if (choice < 14) this.connectStranger()
    else if (choice < 80) this.touch()
    else this.touchPeer()
  }

  private listen(context: TlsContext): Listener {
    return this.subject.streams.listen(
      { host: '127.0.0.1' },
      {
        accepted: (connection) => {
          const model = new Model(this.common)
          model.connection = connection
          model.attach('server', portAt(connection.remoteAddress), portAt(connection.localAddress))
          connection.handler = model
          this.subject.streams.tls!.start(connection, context, {
            secured: (session) => {
              model.secured(session)
            },
          })
          return model
        },
      },
    )
  }

  private connectTo(listener: Listener): Model {
    const model: Model & { connected?: () => void } = new Model(this.common)
    model.connected = () => {
      model.attach('client', portAt(model.connection.localAddress), portOf(listener))
      this.subject.streams.tls!.start(model.connection, this.client, {
        secured: (session) => {
          model.secured(session)
        },
      })
    }
    model.connection = this.subject.streams.connect({ host: '127.0.0.1', port: portOf(listener) }, model)
    return model
  }

  private connectPeer(): void {
    if (this.peers.size > 20 || !this.withNode) return
    const raw = connect({ port: portOf(this.listeners[this.random(2)]!), host: '127.0.0.1' }).on('error', () => {})
    const socket = nodeClient(0, { socket: raw, allowHalfOpen: true } as never).on('error', () => {})
    const peer = { socket, raw, written: 0 }
    let received = 0
    socket.on('data', (bytes: Buffer) => {
      if (!bytes.equals(counting(received, bytes.length))) this.common.faults.push('a peer of node:tls got wrong bytes')
      received += bytes.length
    })
    socket.on('close', () => {
      this.peers.delete(peer)
    })
    this.strangers.add(raw)
    this.peers.add(peer)
  }

  private touchPeer(): void {
    const peer = [...this.peers][this.random(Math.max(1, this.peers.size))]
    if (peer === undefined) return
    const { socket, raw } = peer
    switch (this.random(10)) {
      case 0:
        raw.resetAndDestroy()
        socket.destroy()
        break
      case 1:
        socket.end()
        break
      case 2:
        raw.end()
        break
      case 3:
        if (socket.isPaused()) socket.resume()
        else socket.pause()
        break
      default:
        if (!socket.writableEnded && !socket.destroyed) this.writeAsPeer(peer)
    }
  }

  private writeAsPeer(peer: { socket: TLSSocket; written: number }): void {
    const length = [1, 100, 17_000, 200_000][this.random(4)]!
    peer.socket.write(counting(peer.written, length))
    peer.written += length
  }

  /** One that does not speak TLS, or leaves in the middle of it. */
  private connectStranger(): void {
    const stranger = connect({ port: portOf(this.listeners[this.random(2)]!), host: '127.0.0.1' })
      .on('error', () => {})
      .resume()
    const words = ['', 'GET / HTTP/1.0\r\n\r\n', '\x16\x03\x01\x00\x05', '\x15\x03\x03\x00\x02\x02\x28'][
      this.random(4)
    ]!
    if (this.random(2) === 0) stranger.end(words, 'latin1')
    else stranger.write(words, 'latin1')
    this.strangers.add(stranger)
  }

  /** Does something to some connection. */
  private touch(): void {
    const models = [...this.common.open].filter(({ state }) => state === 'open' || state === 'eof')
    const model = models[this.random(Math.max(1, models.length))]
    if (model === undefined) return
    const { connection } = model
    switch (this.random(16)) {
      case 0:
        connection.pause()
        break
      case 1:
      case 2:
        connection.resume()
        break
      case 3:
        connection.end()
        model.mayWrite = false
        break
      case 4:
        connection.close()
        model.mayWrite = false
        break
      case 5:
        this.abort(model)
        break
      case 6:
        connection.borrow = this.random(2) === 0
        break
      case 7:
        connection.setWaterMarks(1000, this.random(1000))
        break
      case 8:
        this.subject.streams.flush()
        break
      default:
        if (model.mayWrite) this.write(model, [1, 64, 5000, 20_000, 400_000][this.random(5)]!)
    }
  }

  private abort(model: Model): void {
    model.broken = true
    model.mayWrite = false
    model.connection.abort()
  }

  /** Whether it may write on. */
  private write(model: Model, length: number): boolean {
    const more = model.connection.write(counting(model.written, length))
    model.written += length
    return more
  }
}

const portAt = (address: SocketAddress | undefined): number => (address as { port: number } | undefined)?.port ?? 0
describe.each(backends)('random orders of TLS on %s', (backend) => {
  test(
    SOAK_MS > 0 ? `programs for ${SOAK_MS} ms` : `${SEEDS} programs of ${STEPS} steps`,
    { timeout: 600_000 + 2 * SOAK_MS },
    async () => {
      const seen: Record<string, number> = {}
      const end = performance.now() + SOAK_MS
      let needed = 0
      let programs = 0
      for (let seed = 1; seed <= SEEDS || performance.now() < end; seed++, programs++) {
        // Node keeps the buffers of some peers that reset: the memory of the second half is that of native connections.
        const firstHalf = performance.now() < end - SOAK_MS / 2
        await onLoop(backend, async (subject) => {
          const faults = await new Program(subject, randomNumbers(seed), seen, SOAK_MS === 0 || firstHalf).run()
          expect({ seed, faults }).toEqual({ seed, faults: [] })
        })
        if (firstHalf) needed = process.memoryUsage().rss
      }
      for (const what of ['secured', 'data', 'eof', 'complete', 'drained', 'closed', 'failed'])
        expect(seen[what], what).toBeGreaterThanOrEqual(SEEDS)
      if (SOAK_MS > 0) {
        const grown = Math.round((process.memoryUsage().rss - needed) / 1e6)
        console.log(`${backend}: ${programs} programs, memory grown by ${grown} MB, seen ${JSON.stringify(seen)}`)
        expect(grown).toBeLessThan(100)
      }
    },
  )

  test('and no descriptor is left', async () => {
    const before = openDescriptors()
    await onLoop(backend, async (subject) => {
      await new Program(subject, randomNumbers(1), {}, false).run()
    })
    // The selector's own are closed by a later round of libuv's loop.
    for (let round = 0; round < 1000 && openDescriptors() > before; round++)
      await new Promise((resolve) => {
        setTimeout(resolve, 1)
      })
    expect(openDescriptors()).toBeLessThanOrEqual(before)
  })
})
