import type { Listener, SocketAddress } from '@loop/core/lowlevel'
import type { EventEmitter } from 'node:events'
import { Server } from 'node:http'
import type { ServerResponse } from 'node:http'
import { hostLoop, SimulatedSocket } from './socket.ts'

/** Where to listen. */
export interface ListenOptions {
  /** All addresses of the host by default. */
  readonly host?: string
  readonly port: number
}

/** A server that listens on a simulated host. */
export interface SimulatedServer extends Disposable {
  readonly address: SocketAddress
  /** Stops listening; connections go on. */
  close(): void
}

/**
 * Has a server of Node serve the connections of the host that calls: an `http.Server`, or whatever else takes sockets by
 * its event 'connection'. It is not to listen itself.
 *
 * ```ts
 * listen(http.createServer((request, response) => response.end('hello')), { port: 80 })
 * ```
 *
 * Answers of an `http.Server` get no header "Date": it comes from the real clock.
 */
export function listen(server: EventEmitter, { host = '0.0.0.0', port }: ListenOptions): SimulatedServer {
  const { streams } = hostLoop().selector
  if (server instanceof Server)
    server.prependListener('request', (_request: unknown, response: ServerResponse) => {
      response.sendDate = false
    })
  const listener: Listener = streams!.listen(
    { host, port },
    {
      accepted: (connection) => {
        const socket = new SimulatedSocket(connection)
        server.emit('connection', socket)
        return socket.handler
      },
    },
  )
  const close = (): void => {
    listener.close()
  }
  return { address: listener.address, close, [Symbol.dispose]: close }
}
