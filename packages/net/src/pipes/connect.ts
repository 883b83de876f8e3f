import type { Awaitable, Coroutine, Future } from '@loop/core'
import { coroutine, getRunningLoop } from '@loop/core'
import type { ProtocolFactory, Transport } from '../contracts/protocols.ts'
import { makeProtocol } from '../transports/open-transport.ts'
import { checkFactory } from '../base/options.ts'
import { ReaderProtocol } from '../streams/reader-protocol.ts'
import type { StreamOptions } from '../streams/streams.ts'
import { StreamReader } from '../streams/stream-reader.ts'
import { StreamWriter } from '../streams/stream-writer.ts'
import type {
  PipeOptions,
  ReadablePipe,
  ReadPipeProtocol,
  ReadTransport,
  WritablePipe,
  WritePipeProtocol,
  WriteTransport,
} from './contracts.ts'
import { ReadPipe } from './read-pipe.ts'
import { WritePipe } from './write-pipe.ts'

/**
 * Reads a pipe with the protocol that `factory` makes: a descriptor of a pipe, socket, terminal or file, `process.stdin`,
 * or any readable stream of Node. Gives the transport and the protocol once `connectionMade` was called. What arrives
 * from this call on is kept for the protocol.
 *
 * The transport owns the pipe and closes it, the process's own streams (descriptors 0 to 2) excepted. Throws TypeError
 * for what is no pipe, the system's error for a descriptor that is not open, ProtocolFactoryError.
 *
 * ```ts
 * await connectReadPipe(() => ({ dataReceived: (bytes: Buffer) => console.log(bytes.toString()) }), process.stdin)
 * ```
 */
export function connectReadPipe<P extends ReadPipeProtocol>(
  factory: ProtocolFactory<P>,
  pipe: ReadablePipe,
  options: PipeOptions = {},
): Awaitable<[ReadTransport, P]> {
  checkFactory(factory)
  const loop = options.loop ?? getRunningLoop()
  const protocol = makeProtocol(factory, readsPipes, 'dataReceived()')
  return coroutine(connected<ReadPipe, P>(new ReadPipe(loop, pipe, protocol, options.io), protocol))
}

/**
 * Writes to a pipe with the protocol that `factory` makes: a descriptor, `process.stdout`, `process.stderr`, or any
 * writable stream of Node. Otherwise as {@link connectReadPipe}.
 */
export function connectWritePipe<P extends WritePipeProtocol>(
  factory: ProtocolFactory<P>,
  pipe: WritablePipe,
  options: Pick<PipeOptions, 'loop'> = {},
): Awaitable<[WriteTransport, P]> {
  checkFactory(factory)
  const loop = options.loop ?? getRunningLoop()
  const protocol = makeProtocol(factory, () => true, 'connectionLost()')
  return coroutine(connected<WritePipe, P>(new WritePipe(loop, pipe, protocol), protocol))
}

/**
 * A reader of a pipe, and the transport under it, which closes it. Nothing is waited for: what arrives is kept from now
 * on. Pipes and errors are those of {@link connectReadPipe}.
 *
 * ```ts
 * const [reader] = openReadPipe(process.stdin)
 * for await (const line of reader.lines()) …
 * ```
 */
export function openReadPipe(
  pipe: ReadablePipe,
  options: PipeOptions & StreamOptions = {},
): [StreamReader, ReadTransport] {
  const loop = options.loop ?? getRunningLoop()
  const protocol = new ReaderProtocol(loop, new StreamReader(loop, options.limit), null)
  return [protocol.reader, new ReadPipe(loop, pipe, protocol as unknown as ReadPipeProtocol, options.io)]
}

/** A writer to a pipe; pipes and errors are those of {@link connectWritePipe}. */
export function openWritePipe(pipe: WritablePipe, options: Pick<PipeOptions, 'loop'> = {}): StreamWriter {
  const loop = options.loop ?? getRunningLoop()
  const protocol = new ReaderProtocol(loop, new StreamReader(loop), null)
  return new StreamWriter(new WritePipe(loop, pipe, protocol) as unknown as Transport, protocol, loop)
}

/**
 * The standard input and output of this process, as a reader and a writer. They stay open when the two are closed.
 *
 * ```ts
 * const [reader, writer] = stdio()
 * for await (const line of reader.lines()) {
 *   writer.write(line)
 *   await writer.drain()
 * }
 * ```
 */
export function stdio(options: PipeOptions & StreamOptions = {}): [StreamReader, StreamWriter] {
  const [reader] = openReadPipe(0, options)
  return [reader, openWritePipe(1, options)]
}

/** What is waited for of either transport. */
interface Opening {
  made(): Future<void>
  close(): void
}

function* connected<T extends Opening, P>(transport: T, protocol: P): Coroutine<[T, P]> {
  yield* made(transport)
  return [transport, protocol]
}

/** Waits for `connectionMade`; who does not wait to the end has no pipe. */
function* made(transport: Opening): Coroutine<void> {
  try {
    yield* transport.made()
  } catch (error) {
    transport.close()
    throw error
  }
}

function readsPipes(made: object): boolean {
  return typeof (made as { dataReceived?: unknown }).dataReceived === 'function'
}
