import type { Awaitable, Coroutine, EventLoop } from '@loop/core'
import { coroutine, getRunningLoop } from '@loop/core'
import type { ConnectOptions } from '../endpoints/create-connection.ts'
import { createConnection } from '../endpoints/create-connection.ts'
import type { ServerOptions } from '../endpoints/create-server.ts'
import { createServer } from '../endpoints/create-server.ts'
import type { Server } from '../endpoints/server.ts'
import type { Transport } from '../contracts/protocols.ts'
import { isLoss, LossReports } from '../base/loss-reports.ts'
import { ReaderProtocol } from './reader-protocol.ts'
import { StreamReader } from './stream-reader.ts'
import { StreamWriter } from './stream-writer.ts'

/** What both kinds of streams take beside the places of their connections. */
export interface StreamOptions {
  /** Bytes of the longest line, and half of what is kept before the peer is slowed down; 64 KiB by default. */
  readonly limit?: number
}

/** Serves one client, as a task of its own: an async or a generator function. */
export type ClientHandler = (reader: StreamReader, writer: StreamWriter) => PromiseLike<void> | Coroutine<void>

/**
 * Connects, and gives the two sides of the stream. Throws as `createConnection` does.
 *
 * ```ts
 * const [reader, writer] = await openConnection({ host: 'localhost', port: 8888 })
 * ```
 */
export function openConnection(options: ConnectOptions & StreamOptions): Awaitable<[StreamReader, StreamWriter]> {
  return coroutine(opening(options.loop ?? getRunningLoop(), options))
}

function* opening(loop: EventLoop, options: ConnectOptions & StreamOptions): Coroutine<[StreamReader, StreamWriter]> {
  const make = (): ReaderProtocol => new ReaderProtocol(loop, new StreamReader(loop, options.limit), null)
  const [transport, protocol] = yield* createConnection(make, { ...options, loop })
  return [protocol.reader, new StreamWriter(transport, protocol, loop)]
}

/**
 * Listens, and runs `handler(reader, writer)` as a task for each connection. A task that fails is reported, and its
 * connection closed; one that ends leaves it open, as in asyncio: close the writer. (Over TLS it is closed then if the
 * peer has ended its side.) Of tasks that end together because their peers went away, the first is
 * reported, and the rest at once with their number.
 * Throws as `createServer` does.
 *
 * ```ts
 * const server = await startServer(async (reader, writer) => {
 *   for await (const chunk of reader) writer.write(chunk)
 *   writer.close()
 * }, { host: 'localhost', port: 8888 })
 * ```
 */
export function startServer(handler: ClientHandler, options: ServerOptions & StreamOptions): Awaitable<Server> {
  if (typeof handler !== 'function')
    throw new TypeError(`startServer takes a function of a reader and a writer, not ${typeof handler}`)
  const loop = options.loop ?? getRunningLoop()
  const losses = new LossReports(loop, {
    one: FAILED,
    more: (count) =>
      `${count} more handlers of clients were ended by the loss of their connections; the first exception is given`,
  })
  const make = (): ReaderProtocol => {
    const protocol: ReaderProtocol = new ReaderProtocol(loop, new StreamReader(loop, options.limit), (transport) => {
      serve(loop, handler, transport, protocol, losses)
    })
    return protocol
  }
  return coroutine(starting(createServer(make, { ...options, loop }), losses))
}

function* starting(listening: Awaitable<Server>, losses: LossReports): Coroutine<Server> {
  const server = yield* listening
  server.whenFinished(() => {
    losses.flush()
  })
  return server
}

const FAILED = 'Unhandled exception in the handler of a client; its connection is closed'

function serve(
  loop: EventLoop,
  handler: ClientHandler,
  transport: Transport,
  protocol: ReaderProtocol,
  losses: LossReports,
): void {
  const writer = new StreamWriter(transport, protocol, loop)
  const task = loop.createTask<void>(() => handler(protocol.reader, writer))
  task.addDoneCallback(() => {
    protocol.served(transport)
    if (task.cancelled()) {
      transport.close()
      return
    }
    const exception = task.exception()
    if (exception === null) return
    if (isLoss(exception)) losses.add(exception, { transport })
    else loop.callExceptionHandler({ message: FAILED, exception, transport })
    transport.close()
  })
}
