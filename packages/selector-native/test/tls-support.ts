import type { EventLoop, Future } from '@loop/core'
import type { Connection, Listener, TlsContext, TlsSession } from '@loop/core/lowlevel'
import { readFileSync } from 'node:fs'
import type { AddressInfo, Server, Socket } from 'node:net'
import { connect as connectNet, createServer as createNetServer } from 'node:net'
import type { ConnectionOptions, TlsOptions, TLSSocket } from 'node:tls'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import type { StreamTest } from './support.ts'
import { portOf, Probe } from './support.ts'

/** One of the tests' keys and certificates; see tls-pems/README.md. */
export function pem(name: string): Buffer {
  return readFileSync(new URL(`./tls-pems/${name}.pem`, import.meta.url))
}

export const SERVER: TlsOptions = { key: pem('server-key'), cert: pem('server') }
export const CLIENT: ConnectionOptions = { ca: pem('ca'), servername: 'localhost' }
export const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const

/** A probe of a connection with TLS. */
export class SecureProbe extends Probe {
  session!: TlsSession
  readonly whenSecured: Future<void>

  constructor(loop: EventLoop, more: ConstructorParameters<typeof Probe>[1] = {}) {
    super(loop, more)
    this.whenSecured = loop.createFuture()
  }

  /** Begins TLS on the connection. */
  start({ streams }: StreamTest, context: TlsContext, more: { received?: Uint8Array; host?: string } = {}): this {
    this.session = streams.tls!.start(this.connection, context, {
      ...more,
      secured: (session) => {
        this.session = session
        this.events.push('secured')
        this.whenSecured.setResult()
      },
    })
    return this
  }
}

/** A listener whose connections speak TLS; `accepted` gives the probe of each. */
export function listenSecurely(
  test: StreamTest,
  options: TlsOptions = {},
  accepted: (probe: SecureProbe) => void = () => {},
): Listener {
  const context = test.streams.tls!.context('server', { ...SERVER, ...options })
  return test.streams.listen(
    { host: '127.0.0.1' },
    {
      accepted(connection: Connection) {
        const probe = new SecureProbe(test.loop)
        probe.connection = connection
        connection.handler = probe
        accepted(probe.start(test, context))
        return probe
      },
    },
  )
}

/** Connects to a port and begins TLS. */
export function connectSecurely(
  test: StreamTest,
  port: number,
  options: ConnectionOptions = {},
  host?: string,
): SecureProbe {
  const context = test.streams.tls!.context('client', { ...CLIENT, ...options })
  const probe: SecureProbe = new SecureProbe(test.loop, {
    connected: () => {
      probe.start(test, context, host === undefined ? {} : { host })
    },
  })
  probe.connection = test.streams.connect({ host: '127.0.0.1', port }, probe)
  return probe
}

/** Two ends with a handshake done between them. */
export async function securePair(
  test: StreamTest,
  server: TlsOptions = {},
  client: ConnectionOptions = {},
): Promise<{ near: SecureProbe; far: SecureProbe }> {
  let far!: SecureProbe
  const listener = listenSecurely(test, server, (probe) => {
    far = probe
  })
  const near = connectSecurely(test, portOf(listener), client)
  await near.whenSecured
  await far.whenSecured
  listener.close()
  return { near, far }
}

/** Closes both ends and waits for it. */
export async function closeBoth({ near, far }: { near: Probe; far: Probe }): Promise<void> {
  near.connection.close()
  far.connection.close()
  await near.whenClosed
  await far.whenClosed
}

/** A server of node:tls; `close` ends it and its connections. */
export async function nodeServer(
  options: TlsOptions,
  connected: (socket: TLSSocket) => void,
): Promise<{ port: number; close(): void }> {
  const sockets = new Set<Socket>()
  const server = createTlsServer({ ...SERVER, ...options }, (socket) => {
    socket.on('error', () => {})
    connected(socket)
  })
  server
    .on('connection', (socket: Socket) => {
      sockets.add(socket)
    })
    .on('tlsClientError', () => {})
  return {
    port: await listening(server),
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** A client of node:tls. */
export function nodeClient(port: number, options: ConnectionOptions = {}): TLSSocket {
  return connectTls({ host: '127.0.0.1', port, ...CLIENT, ...options })
}

/** Stands between two TCP peers and passes on pieces of `size` bytes. */
export async function slicing(port: number, size: number): Promise<{ port: number; close(): void }> {
  const sockets = new Set<Socket>()
  const server = createNetServer((near) => {
    const far = connectNet(port, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.setNoDelay(true)
      from.on('error', () => {
        to.destroy()
      })
      from.on('data', (bytes) => {
        for (let at = 0; at < bytes.length; at += size) to.write(bytes.subarray(at, at + size))
      })
      from.on('end', () => {
        to.end()
      })
    }
  })
  return {
    port: await listening(server),
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Listens on a free port of the loopback. */
export function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve((server.address() as AddressInfo).port)
    })
  })
}
