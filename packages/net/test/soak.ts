/**
 * Many connections at once that do everything that connections do: echo in pieces of all sizes, pause, read slowly, end
 * one side, reset, and meet exceptions. Every byte is checked, and every connection that was made must be lost. The
 * peers are Node's, our own, and CPython's where there is one.
 */
import type { EventLoop, ExceptionContext } from '@loop/core'
import { sleep } from '@loop/core'
import net from 'node:net'
import tls from 'node:tls'
import type { Server, StreamProtocol, Transport } from '../src/index.ts'
import { createServer } from '../src/index.ts'
import { openConnection, startServer } from '../src/streams/index.ts'
import { hasPython, SoakEnd } from './oracle/cpython.ts'
import type { Family } from './support.ts'

/** Numbers that look random and are the same for the same seed (mulberry32). */
export function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

/** The byte at a place of every stream; 255, which makes a server's protocol fail, is not among them. */
const PERIOD = 251
const FAIL = 255
const pattern = Buffer.from(Array.from({ length: PERIOD * 400 }, (_, place) => place % PERIOD))
const slice = (from: number, length: number): Buffer => pattern.subarray(from % PERIOD, (from % PERIOD) + length)
/** Fits into the pattern from any place. */
const LARGEST_PIECE = 60_000

/** What happened; everything but the counts of what was done must be empty or equal. */
export interface SoakResult {
  made: number
  lost: number
  /** Connections of CPython's clients. */
  python: number
  whole: number
  broken: number
  failures: number
  bytes: number
  /** What was wrong, in words. */
  readonly wrong: string[]
  readonly reports: ExceptionContext[]
}

/**
 * How often one protocol pauses. Those with a memory of a few bytes are called once for each few bytes: pausing at each
 * eighth of these calls, they held a pass up for half a minute and tested nothing more.
 */
const MOST_PAUSES = 300

/** A protocol that echoes, pauses at random, and fails on purpose. */
class Echo {
  private pauses = 0
  private transport!: Transport
  private readonly memory: Buffer
  private full = false

  constructor(
    private readonly loop: EventLoop,
    private readonly random: (below: number) => number,
    private readonly result: SoakResult,
  ) {
    this.memory = Buffer.alloc(1 + random(5_000))
  }

  connectionMade(transport: Transport): void {
    this.result.made++
    this.transport = transport
  }

  received(bytes: Buffer): void {
    if (bytes[0] === FAIL) {
      this.result.failures++
      throw new Error('failed on purpose')
    }
    this.transport.write(bytes)
    if (this.random(8) > 0 || this.pauses === MOST_PAUSES) return
    this.pauses++
    this.transport.pauseReading()
    this.loop.callLater(this.random(5), () => {
      if (!this.full) this.transport.resumeReading()
    })
  }

  pauseWriting(): void {
    this.full = true
    this.transport.pauseReading()
  }

  resumeWriting(): void {
    this.full = false
    this.transport.resumeReading()
  }

  eofReceived(): boolean {
    if (this.random(2) === 0) return false
    this.transport.close()
    return true
  }

  connectionLost(): void {
    this.result.lost++
  }

  /** As a protocol that is given its bytes, or one that has memory of its own. */
  as(kind: 'plain' | 'buffered'): StreamProtocol {
    const shared = {
      connectionMade: (transport: Transport) => {
        this.connectionMade(transport)
      },
      pauseWriting: () => {
        this.pauseWriting()
      },
      resumeWriting: () => {
        this.resumeWriting()
      },
      eofReceived: () => this.eofReceived(),
      connectionLost: () => {
        this.connectionLost()
      },
    }
    if (kind === 'plain')
      return {
        ...shared,
        dataReceived: (bytes) => {
          this.received(bytes)
        },
      }
    return {
      ...shared,
      getBuffer: () => this.memory,
      bufferUpdated: (count) => {
        this.received(Buffer.from(this.memory.subarray(0, count)))
      },
    }
  }
}

async function servers(
  loop: EventLoop,
  family: Family,
  random: (below: number) => number,
  result: SoakResult,
): Promise<Server[]> {
  const place = { host: '127.0.0.1', port: 0, ...family.tls?.server }
  return [
    await createServer(() => new Echo(loop, random, result).as('plain'), place),
    await createServer(() => new Echo(loop, random, result).as('buffered'), place),
    await startServer(async (reader, writer) => {
      result.made++
      try {
        for await (const bytes of reader) {
          if (bytes[0] === FAIL) {
            result.failures++
            throw new Error('failed on purpose')
          }
          writer.write(bytes)
          await writer.drain()
        }
      } catch (error) {
        if ((error as Error).message === 'failed on purpose') throw error
      } finally {
        writer.close()
        Promise.resolve(writer.waitClosed())
          .catch(() => {})
          .finally(() => result.lost++)
      }
    }, place),
  ]
}

const DEEDS = ['whole', 'half', 'slow', 'reset', 'destroy', 'fail', 'streams'] as const
type Deed = (typeof DEEDS)[number]

/** One connection of a peer of Node's, from its beginning to its end. */
function byPeer(
  family: Family,
  port: number,
  deed: Deed,
  random: (below: number) => number,
  result: SoakResult,
): Promise<void> {
  const size = 1 + (random(4) === 0 ? random(1_500_000) : random(20_000))
  return new Promise((resolve) => {
    const raw = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {})
    const peer =
      family.tls === undefined
        ? raw
        : tls.connect({ socket: raw, ...family.tls.client.tls, allowHalfOpen: true } as tls.ConnectionOptions)
    let sent = 0
    let got = 0
    let error: string | null = null
    const send = (): void => {
      while (sent < size && !peer.destroyed) {
        const length = Math.min(size - sent, 1 + random(random(2) === 0 ? 200 : LARGEST_PIECE))
        const piece = deed === 'fail' && sent === 0 ? Buffer.alloc(1, FAIL) : slice(sent, length)
        sent += piece.length
        if (!peer.write(piece)) {
          peer.once('drain', send)
          return
        }
      }
      if (deed === 'half' && sent === size) peer.end()
    }
    peer.once(family.tls === undefined ? 'connect' : 'secureConnect', () => {
      send()
      if (deed === 'reset') setTimeout(() => raw.resetAndDestroy(), random(30))
      if (deed === 'destroy') setTimeout(() => peer.destroy(), random(30))
    })
    peer.on('data', (bytes: Buffer) => {
      if (
        Buffer.compare(bytes, bytes.length <= LARGEST_PIECE ? slice(got, bytes.length) : pieceAt(got, bytes.length)) !==
        0
      ) {
        result.wrong.push(`${deed}: wrong bytes after ${got}`)
      }
      got += bytes.length
      result.bytes += bytes.length
      if (got === size && (deed === 'whole' || deed === 'slow')) peer.end()
      if (random(deed === 'slow' ? 2 : 15) > 0) return
      peer.pause()
      setTimeout(() => peer.resume(), random(deed === 'slow' ? 20 : 4))
    })
    peer.on('end', () => peer.end())
    peer.on('error', ({ message }) => {
      error = message
    })
    peer.on('close', () => {
      const orderly = deed === 'whole' || deed === 'half' || deed === 'slow'
      if (orderly && (got !== size || error !== null))
        result.wrong.push(`${deed}: got ${got} of ${size} bytes, ${error ?? 'no error'}`)
      if (orderly) result.whole++
      else result.broken++
      resolve()
    })
  })
}

function pieceAt(from: number, length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, place) => (from + place) % PERIOD))
}

/** One connection of our own streams. */
async function byStreams(
  family: Family,
  port: number,
  random: (below: number) => number,
  result: SoakResult,
): Promise<void> {
  const size = 1 + random(300_000)
  const [reader, writer] = await openConnection({ host: '127.0.0.1', port, ...family.tls?.client })
  for (let sent = 0; sent < size;) {
    const piece = slice(sent, Math.min(size - sent, 1 + random(5_000)))
    writer.write(piece)
    const back = await reader.readExactly(piece.length)
    if (Buffer.compare(piece, back) !== 0) result.wrong.push(`streams: wrong bytes after ${sent}`)
    sent += piece.length
    result.bytes += piece.length
  }
  writer.close()
  await writer.waitClosed()
  result.whole++
}

/** Connections of one batch of CPython's clients, and of ours to CPython's server. */
const BATCH = { theirs: 12, ours: 4 }

/** CPython at the other end: its clients of our servers, and its server for our streams. */
async function withPython(
  loop: EventLoop,
  family: Family,
  ports: readonly number[],
  random: (below: number) => number,
  result: SoakResult,
  enough: () => boolean,
): Promise<void> {
  const secure = family.tls !== undefined
  const echo = await SoakEnd.server(loop, secure)
  do {
    const port = ports[random(ports.length)]!
    const { done, bytes, wrong } = await SoakEnd.clients(loop, port, random(2 ** 30), BATCH.theirs, secure)
    result.python += done
    result.bytes += bytes
    result.wrong.push(...wrong)
    for (let one = 0; one < BATCH.ours; one++) await byStreams(family, echo.port, random, result)
  } while (!enough())
  const { made, lost, wrong } = await echo.finish()
  result.wrong.push(...wrong)
  if (made === 0 || made !== lost) result.wrong.push(`CPython's server: ${made} made, ${lost} lost`)
}

/** Runs connections until `enough()`, so many at a time. */
export async function soak(
  loop: EventLoop,
  family: Family,
  seed: number,
  enough: (done: number) => boolean,
): Promise<SoakResult> {
  const random = numbers(seed)
  const result: SoakResult = {
    made: 0,
    lost: 0,
    python: 0,
    whole: 0,
    broken: 0,
    failures: 0,
    bytes: 0,
    wrong: [],
    reports: [],
  }
  loop.setExceptionHandler((_loop, context) => {
    result.reports.push(context)
  })
  const all = await servers(loop, family, random, result)
  let done = 0
  const one = async (): Promise<void> => {
    while (!enough(done++)) {
      const deed = DEEDS[random(DEEDS.length)]!
      const { port } = all[random(all.length)]!
      if (deed === 'streams') await byStreams(family, port, random, result)
      else await loop.wrap(byPeer(family, port, deed, random, result))
    }
  }
  const tasks = Array.from({ length: 12 }, () => loop.createTask(one))
  if (hasPython) {
    const ports = all.map(({ port }) => port)
    tasks.push(loop.createTask(() => withPython(loop, family, ports, numbers(seed + 1), result, () => enough(done))))
  }
  for (const task of tasks) await task
  for (const server of all) {
    server.close()
    await server.waitClosed()
  }
  // The streams' handlers hear of their ends a turn later.
  for (let turn = 0; turn < 100 && result.lost < result.made; turn++) await sleep(5)
  return result
}
