import type { EventLoop as Loop, ExceptionContext } from '@loop/core'
import { EventLoop, sleep } from '@loop/core'
import { leakCheck } from '@loop/core/testing'
import type { Backend } from '@loop/selector-native'
import { isSupported, NativeSelector } from '@loop/selector-native'
import { PollSelector } from '@loop/selector-poll'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import type { ConnectionOptions, TlsOptions } from 'node:tls'
import tls from 'node:tls'
import { fileURLToPath } from 'node:url'
import { describe } from 'vitest'
import type { Protocol, TlsEngine, Transport } from '../src/index.ts'
import { StreamReader } from '../src/streams/index.ts'

interface Secure<T> {
  readonly tls: T
  readonly tlsEngine?: TlsEngine
}

/** One way to carry connections: every behaviour is tested on each. */
export interface Family {
  readonly name: string
  /** Of the native selector; none over node:net. */
  readonly backend?: Backend
  /** Its connections speak TLS: the options of their servers and clients. */
  readonly tls?: { readonly server: Secure<TlsOptions>; readonly client: Secure<ConnectionOptions> }
  makeLoop(): Loop
}

// Made for these tests: openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 36500 -nodes
// -subj /CN=localhost -addext subjectAltName=DNS:localhost
export const keyFile = fileURLToPath(new URL('./tls/key.pem', import.meta.url))
export const certFile = fileURLToPath(new URL('./tls/cert.pem', import.meta.url))
export const key = readFileSync(keyFile)
export const cert = readFileSync(certFile)
const secure: NonNullable<Family['tls']> = {
  server: { tls: { key, cert }, tlsEngine: 'node' },
  client: { tls: { ca: cert, servername: 'localhost' }, tlsEngine: 'node' },
}

const node: Family = { name: 'node:net', makeLoop: () => new EventLoop({ selector: new PollSelector() }) }
const native = isSupported()
const streams: Family[] = native.supported
  ? native.backends.map((backend) => ({
      name: `streams (${backend})`,
      backend,
      makeLoop: () => new EventLoop({ selector: new NativeSelector({ backend }) }),
    }))
  : []

export const families: readonly Family[] = [node, ...streams]

/**
 * With TLS in between: Node's on a plain loop and on the selector that is chosen by default, and that of each selector.
 */
export const secureFamilies: readonly Family[] = [node, ...streams.slice(0, 1)]
  .map((family) => ({
    ...family,
    name: `TLS on a loop of ${family.name}`,
    tls: secure,
  }))
  .concat(
    streams.map((family) => ({
      ...family,
      name: `TLS of ${family.name}`,
      tls: { server: { ...secure.server, tlsEngine: 'native' }, client: { ...secure.client, tlsEngine: 'native' } },
    })),
  )

/** As {@link onEachFamily}, and with TLS in between. */
export function onEachFamilyAndTls(behaviour: string, body: (family: Family) => void): void {
  onEachFamily(behaviour, body)
  for (const family of secureFamilies)
    describe(`${behaviour}, over ${family.name}`, () => {
      body(family)
    })
}

/** Describes a behaviour for each family; where there is no native selector, says why its part is missing. */
export function onEachFamily(behaviour: string, body: (family: Family) => void): void {
  for (const family of families)
    describe(`${behaviour}, over ${family.name}`, () => {
      body(family)
    })
  if (!native.supported)
    describe.skip(`${behaviour}, over streams (${native.reason})`, () => {
      body(node)
    })
}

/** Describes a behaviour of TLS for Node's on each family, and for that of each selector. */
export function onEachTls(behaviour: string, body: (family: Family, engine: 'node' | 'native') => void): void {
  onEachFamily(behaviour, (family) => {
    body(family, 'node')
  })
  for (const family of streams)
    describe(`${behaviour} of ${family.name}`, () => {
      body(family, 'native')
    })
}

/** Runs a main coroutine on a new loop of the family, and fails on whatever it leaves behind. */
export async function onLoop(family: Family, main: (loop: Loop) => Promise<void>): Promise<void> {
  const leaks = leakCheck()
  const loop = leaks.watch(family.makeLoop())
  await loop.runUntilComplete(() => main(loop))
  leaks.check()
}

/** Collects the errors that reach the loop's exception handler, instead of failing the test. */
export function collectErrors(loop: Loop): ExceptionContext[] {
  const errors: ExceptionContext[] = []
  loop.setExceptionHandler((_loop, context) => {
    errors.push(context)
  })
  return errors
}

/** The error as tests compare it: its code, or its name. */
export function nameOf(error: unknown): string | null {
  if (error === undefined || error === null) return null
  return (error as { code?: string }).code ?? (error as Error).name
}

/** A protocol that records its calls, as the grammar has them. */
export class Recording implements Protocol {
  transport!: Transport
  events: unknown[] = []
  /** Called after the last event. */
  onLost: () => void = () => {}
  private waiting: { wanted: (events: unknown[]) => boolean; notify: () => void }[] = []

  constructor(
    private readonly loop: Loop,
    private readonly on: Partial<Protocol & { dataReceived(bytes: Buffer, self: Recording): void }> = {},
  ) {}

  connectionMade(transport: Transport): void {
    this.transport = transport
    this.note('made')
    this.on.connectionMade?.(transport)
  }

  dataReceived(bytes: Buffer): void {
    const last = this.events.at(-1)
    const text = bytes.toString('latin1')
    // Pieces are of any size: what came in a row is one event.
    if (Array.isArray(last) && last[0] === 'data') last[1] += text
    else this.events.push(['data', text])
    this.on.dataReceived?.(bytes)
    this.note()
  }

  eofReceived(): boolean | void {
    this.note('eof')
    return this.on.eofReceived?.()
  }

  connectionLost(error: Error | undefined): void {
    this.note(['lost', nameOf(error)])
    this.on.connectionLost?.(error)
    this.onLost()
  }

  pauseWriting(): void {
    this.note('pauseWriting')
    this.on.pauseWriting?.()
  }

  resumeWriting(): void {
    this.note('resumeWriting')
    this.on.resumeWriting?.()
  }

  /** Adds an event of the test's own. */
  note(event?: unknown): void {
    if (event !== undefined) this.events.push(event)
    this.waiting = this.waiting.filter(({ wanted, notify }) => {
      if (!wanted(this.events)) return true
      notify()
      return false
    })
  }

  /** Waits until the events are as wanted. */
  async until(wanted: (events: unknown[]) => boolean): Promise<void> {
    if (wanted(this.events)) return
    const future = this.loop.createFuture<void>()
    this.waiting.push({
      wanted,
      notify: () => {
        future.setResult()
      },
    })
    await future
  }

  /** Waits for the last event. */
  lost(): Promise<void> {
    return this.until((events) => Array.isArray(events.at(-1)) && (events.at(-1) as unknown[])[0] === 'lost')
  }

  /** All bytes received so far. */
  get received(): string {
    return this.events
      .flatMap((event) => (Array.isArray(event) && event[0] === 'data' ? [event[1] as string] : []))
      .join('')
  }
}

/** A peer that is not under test: a plain socket of Node. */
export class Peer {
  private readonly chunks: Buffer[] = []
  ended = false
  error: string | null = null
  closed = false
  private readonly changed = new Set<() => void>()

  private constructor(
    readonly socket: net.Socket,
    private readonly loop: Loop,
  ) {
    socket.on('data', (bytes) => {
      this.chunks.push(bytes)
      this.notify()
    })
    socket.on('end', () => {
      this.ended = true
      this.notify()
    })
    socket.on('error', (error) => {
      this.error = nameOf(error)
      this.notify()
    })
    socket.on('close', () => {
      this.closed = true
      this.notify()
    })
  }

  /** Connects; with `paused` it does not read until `socket.resume()`. */
  static async connect(
    loop: Loop,
    place: { port: number } | { path: string },
    { paused = false, family }: { paused?: boolean; family?: Family | undefined } = {},
  ): Promise<Peer> {
    const raw = net.connect({ host: '127.0.0.1', ...place, allowHalfOpen: true })
    const socket = family?.tls === undefined ? raw : tls.connect({ socket: raw, ...family.tls.client.tls })
    // A TLS socket cannot be reset by itself.
    if (socket !== raw)
      socket.resetAndDestroy = () => {
        raw.on('error', () => {}).resetAndDestroy()
        return socket.destroy()
      }
    const peer = new Peer(socket, loop)
    if (paused) socket.pause()
    await loop.wrap(once(socket, socket === raw ? 'connect' : 'secureConnect'))
    return peer
  }

  write(text: string | Buffer): void {
    this.socket.write(text)
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString('latin1')
  }

  get size(): number {
    return this.chunks.reduce((sum, { length }) => sum + length, 0)
  }

  async until(wanted: () => boolean): Promise<void> {
    while (!wanted()) {
      const future = this.loop.createFuture<void>()
      const notify = (): void => {
        if (!future.done()) future.setResult()
      }
      this.changed.add(notify)
      await future
      this.changed.delete(notify)
    }
  }

  /** Waits until it is over, either way. */
  over(): Promise<void> {
    return this.until(() => this.closed)
  }

  private notify(): void {
    for (const notify of this.changed) notify()
  }
}

/** A reader with bytes in it. */
export function filled(loop: Loop, pieces: string[], { end = true, limit = 64 } = {}): StreamReader {
  const reader = new StreamReader(loop, limit)
  for (const piece of pieces) reader.feed(Buffer.from(piece))
  if (end) reader.feedEof()
  return reader
}

/** Lets the loop and the system take several rounds: time for an event that should not come. */
export async function settle(): Promise<void> {
  // Twenty milliseconds: far more than loopback takes.
  for (let round = 0; round < 10; round++) await sleep(2)
}
