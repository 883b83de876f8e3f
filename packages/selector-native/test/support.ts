import type { Future } from '@loop/core'
import type { Connection, ConnectionHandler, Listener, StreamIo } from '@loop/core/lowlevel'
import { EventLoop, sleep } from '@loop/core'
import type { TestPipe } from '@loop/core/testing'
import { leakCheck } from '@loop/core/testing'
import { close as closeSync, pipe, read as readSync, write as writeSync } from '../src/descriptors.ts'
import type { Backend } from '../src/index.ts'
import { isSupported, NativeSelector } from '../src/index.ts'

/** Why a backend of this list cannot be run here; undefined when it can. */
function reasonAgainst(backend: Backend): string | undefined {
  const support = isSupported()
  if (!support.supported) return support.reason
  if (!support.backends.includes(backend)) return 'not in the binary of this platform'
  const selector = new NativeSelector({ backend })
  selector.close()
  return selector.name === backend ? undefined : `the kernel refuses it: ${selector.refusal?.message}`
}

const ALL: readonly Backend[] = ['epoll', 'kqueue', 'uv', 'io_uring']
export const unavailable = ALL.flatMap((backend) => {
  const reason = reasonAgainst(backend)
  return reason === undefined ? [] : [{ backend, reason }]
})
/** The backends that can be run here; every behaviour is tested on each. */
export const backends = ALL.filter((backend) => !unavailable.some((entry) => entry.backend === backend))

/** What a pipe of the system holds at most: 64 KiB on Linux; written in pieces until it is full. */
const FILL = Buffer.alloc(4096)
const PAUSE = new Int32Array(new SharedArrayBuffer(4))

/** A pipe of the system for the contract suites. */
export function systemPipe(): TestPipe {
  const { reader, writer } = pipe()
  let writing = true
  const end = (): void => {
    if (writing) closeSync(writer)
    writing = false
  }
  return {
    reader,
    writer,
    write: () => writeSync(writer, 'x'),
    read: () => {
      while (readAvailable(reader).length > 0) continue
    },
    fill: () => {
      // A pair of sockets goes on making room for a moment.
      for (let quiet = 0; quiet < (process.platform === 'win32' ? 5 : 1); quiet++) {
        for (const piece of [FILL, FILL.subarray(0, 1)]) while (writeAvailable(writer, piece) > 0) quiet = 0
        if (process.platform === 'win32') Atomics.wait(PAUSE, 0, 0, 2)
      }
    },
    end,
    close: () => {
      end()
      closeSync(reader)
    },
  }
}

/** What a non-blocking descriptor has; empty when it has nothing. */
export function readAvailable(fd: number): Buffer {
  const bytes = Buffer.alloc(65536)
  return bytes.subarray(
    0,
    unlessBlocked(() => readSync(fd, bytes)),
  )
}

/** Bytes that a non-blocking descriptor took; 0 when it is full. */
export function writeAvailable(fd: number, bytes: Uint8Array): number {
  return unlessBlocked(() => writeSync(fd, bytes))
}

function unlessBlocked(call: () => number): number {
  try {
    return call()
  } catch (error) {
    if ((error as { code?: string }).code === 'EAGAIN') return 0
    throw error
  }
}

/** Turns of a millisecond that the far ends of closed connections have to end too. */
const LAST_TURNS = 500

/** What a test of streams works with. */
export interface StreamTest {
  readonly loop: EventLoop
  readonly streams: StreamIo
  readonly selector: NativeSelector
}

/** Runs a body as the main task of a loop on a backend; whatever it leaves behind fails the test. */
export async function onLoop(backend: Backend, body: (test: StreamTest) => Promise<void>): Promise<void> {
  const leaks = leakCheck()
  const selector = new NativeSelector({ backend })
  const loop = leaks.watch(new EventLoop({ selector }))
  try {
    await loop.runUntilComplete(async () => {
      await body({ loop, streams: selector.streams, selector })
      for (let turn = 0; turn < LAST_TURNS && selector.streams.open().length > 0; turn++) await sleep(1)
    })
    const open = selector.streams.open()
    if (open.length > 0) throw new Error(`sockets left open: ${JSON.stringify(open)}`)
    leaks.check()
  } finally {
    selector.close()
  }
}

/** A connection's handler that records its calls, and can be waited for. */
export class Probe implements ConnectionHandler {
  /** The calls, in order; neighbouring data is one entry. */
  readonly events: string[] = []
  readonly chunks: Uint8Array[] = []
  connection!: Connection
  error: Error | undefined
  readonly whenConnected: Future<void>
  readonly whenEof: Future<void>
  readonly whenDrained: Future<void>
  readonly whenClosed: Future<void>
  private received = 0
  private wanted: { readonly length: number; readonly future: Future<void> } | null = null

  constructor(
    private readonly loop: EventLoop,
    private readonly more: Partial<ConnectionHandler> = {},
  ) {
    this.whenConnected = loop.createFuture()
    this.whenEof = loop.createFuture()
    this.whenDrained = loop.createFuture()
    this.whenClosed = loop.createFuture()
  }

  /** Everything received so far. */
  get bytes(): Buffer {
    return Buffer.concat(this.chunks)
  }

  /** Done when so many bytes have come. */
  whenReceived(length: number): Future<void> {
    const future = this.loop.createFuture<void>()
    this.wanted = { length, future }
    this.checkWanted()
    return future
  }

  connected(): void {
    this.events.push('connected')
    this.more.connected?.()
    this.whenConnected.setResult(undefined)
  }

  data(bytes: Uint8Array): void {
    if (this.events.at(-1) !== 'data') this.events.push('data')
    this.chunks.push(bytes)
    this.received += bytes.length
    this.more.data?.(bytes)
    this.checkWanted()
  }

  eof(): void {
    this.events.push('eof')
    this.more.eof?.()
    this.whenEof.setResult(undefined)
  }

  drained(): void {
    this.events.push('drained')
    this.more.drained?.()
    if (!this.whenDrained.done()) this.whenDrained.setResult(undefined)
  }

  closed(error: Error | undefined): void {
    const { code } = (error ?? {}) as { code?: string }
    this.events.push(error === undefined ? 'closed' : `closed ${code ?? error.message}`)
    this.error = error
    this.more.closed?.(error)
    this.whenClosed.setResult(undefined)
  }

  private checkWanted(): void {
    if (this.wanted === null || this.received < this.wanted.length) return
    this.wanted.future.setResult(undefined)
    this.wanted = null
  }
}

/** Two connected ends. */
export interface Pair {
  readonly near: Probe
  readonly far: Probe
}

/** Two connected ends over a listener of their own, which is closed again; over a unix socket when `path` is given. */
export async function connectedPair(
  { loop, streams }: StreamTest,
  near: Probe = new Probe(loop),
  path?: string,
): Promise<Pair> {
  const far = new Probe(loop)
  const accepted = loop.createFuture<void>()
  const listener = streams.listen(path === undefined ? { host: '127.0.0.1' } : { path }, {
    accepted(connection) {
      far.connection = connection
      accepted.setResult(undefined)
      return far
    },
  })
  near.connection = streams.connect(path === undefined ? { host: '127.0.0.1', port: portOf(listener) } : { path }, near)
  await near.whenConnected
  await accepted
  listener.close()
  return { near, far }
}

/** The port that a listener was given. */
export function portOf(listener: Listener): number {
  const { address } = listener
  if (address.family === 'unix') throw new Error('a unix socket has no port')
  return address.port
}

/** Bytes that differ at every place near each other: a shifted or swapped piece does not compare equal. */
export function pattern(length: number, seed = 0): Buffer {
  const bytes = Buffer.alloc(length)
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8) * 7 + seed) & 0xff
  return bytes
}
