/**
 * TLS over a selector's own streams: the connection beneath does the work, and what is added here is time, a handshake
 * before a connection counts, and facts.
 *
 *     streams.connect ─ connected ─> tls.start ─ secured ─> handler.connected
 *     streams.listen  ─ accepted ──> tls.start ─ secured ─> handler.accepted
 */
import type { EventLoop, Future } from '@loop/core'
import type { Connection, ConnectionHandler, StreamIo, StreamTls, TlsContext } from '@loop/core/lowlevel'
import type {
  ConnectPlace,
  ListenPlace,
  NetConnection,
  NetListener,
  NetListenerHandler,
  PendingHandshake,
} from '../contracts/network.ts'
import type { TlsTimes } from '../contracts/tls-times.ts'
import { StreamIoNetwork } from './stream-io-network.ts'
import { TlsConnection } from './tls-connection.ts'

/** Secure connections over a selector's streams; datagrams are plain. */
export class TlsStreamNetwork extends StreamIoNetwork {
  constructor(
    loop: EventLoop,
    streams: StreamIo,
    private readonly tls: StreamTls<Connection>,
  ) {
    super(loop, streams)
  }

  override listen(place: ListenPlace, handler: NetListenerHandler): Future<NetListener> {
    const { tls: options = {}, ...where } = place
    const acceptor = new TlsAcceptor(this.loop, this.tls, this.tls.context('server', options), options, handler)
    return super.listen(where, acceptor)
  }

  override connect(place: ConnectPlace, handler: ConnectionHandler): NetConnection {
    const { tls: options = {}, ...where } = place
    const context = this.tls.context('client', options)
    const connecting = new ConnectingHandler()
    const connection = new TlsConnection(this.loop, this.open(where, connecting), this.tls.engine, options)
    connecting.connection = connection
    connecting.shake = () => {
      connection.shake(this.tls, context, { host: where.host }, 'ETIMEDOUT', {
        secured: () => {
          connection.target.connected?.()
        },
        failed: (error) => {
          connection.target.closed(error)
        },
      })
    }
    connection.target = handler
    return connection
  }
}

/** Until the connection beneath is made. */
class ConnectingHandler implements ConnectionHandler {
  connection!: TlsConnection
  shake!: () => void

  connected(): void {
    this.shake()
  }

  closed(error: Error | undefined): void {
    this.connection.target.closed(error)
  }

  data(): void {}

  eof(): void {}
}

/** Gives connections to their handler when their handshake is done, also after the listener was closed. */
class TlsAcceptor implements NetListenerHandler {
  constructor(
    private readonly loop: EventLoop,
    private readonly tls: StreamTls<Connection>,
    private readonly context: TlsContext,
    private readonly times: TlsTimes,
    private readonly handler: NetListenerHandler,
  ) {}

  accepted(raw: NetConnection): ConnectionHandler {
    const { handler } = this
    const connection = new TlsConnection(this.loop, raw as Connection, this.tls.engine, this.times)
    let aborted = false
    const pending: PendingHandshake = {
      abort() {
        aborted = true
        connection.abort()
      },
    }
    handler.handshakeBegan?.(pending)
    connection.shake(this.tls, this.context, {}, 'ERR_TLS_HANDSHAKE_TIMEOUT', {
      secured() {
        try {
          connection.handler = handler.accepted(connection)
        } finally {
          handler.handshakeOver?.(pending)
        }
      },
      failed(error) {
        if (!aborted) handler.handshakeFailed?.(error)
        handler.handshakeOver?.(pending)
      },
    })
    return connection
  }

  failed(error: Error): void {
    this.handler.failed?.(error)
  }
}
