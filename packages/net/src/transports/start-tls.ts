/**
 * TLS on a connection that exists, as SMTP, IMAP and PostgreSQL begin it.
 *
 *     plain ── what was written has left ──> handshake ──> secure
 *                                                     └──> lost
 *
 * TLS gets every byte that nobody has read: a command that somebody put behind STARTTLS, in plain text, is garbage in
 * the handshake and ends it, and never a command of the secure session.
 */
import type { EventLoop } from '@loop/core'
import type { Connection, StreamTls, TlsContext, TlsSide } from '@loop/core/lowlevel'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConnectionOptions, TlsOptions } from 'node:tls'
import { connect } from 'node:tls'
import type { NetConnection, TlsEngine } from '../contracts/network.ts'
import { ConnectionDuplex } from '../node/connection-duplex.ts'
import { NodeConnection } from '../node/node-connection.ts'
import { TlsAcceptor } from '../node/tls-acceptor.ts'
import { guardClient } from '../node/tls-callbacks.ts'
import { streamTls } from '../selector/tls-choice.ts'
import { TlsConnection } from '../selector/tls-connection.ts'
import type { StartTlsOptions, TlsTimes } from '../contracts/tls-times.ts'
import type { Arrived } from './pending-events.ts'
import { endedEarly } from '../contracts/tls-times.ts'

/** What becomes of it, once. */
export interface UpgradeEvents {
  /** The secure connection; nothing is read from it before it has a handler and was started. */
  secured(connection: NetConnection & { start?(): void }): void
  failed(error: Error): void
}

/**
 * One upgrade under way: on a connection above which Node speaks TLS, or with the selector's TLS beneath its events.
 */
export class Upgrade {
  private over = false
  /** The handshake has begun, and reports how it ends. */
  private shaking = false
  private giveUpHandshake: () => void = () => {}
  private stream: Duplex | null = null
  /** That of the selector's streams, where it is to be used. */
  private readonly tls: StreamTls<Connection> | null

  /** Throws NotSupportedError when the engine that is asked for cannot do it. */
  constructor(
    private readonly loop: EventLoop,
    private readonly raw: NetConnection,
    private readonly options: StartTlsOptions,
    private readonly serverSide: boolean,
    private readonly events: UpgradeEvents,
  ) {
    const { options: own, engine } = ownOptions(options)
    this.tls = streamTls(loop, raw instanceof NodeConnection ? 'node' : 'auto', {
      side: sideOf(serverSide),
      options: own,
      engine,
    })
  }

  /** Begins, with bytes that were received and not read; on an own turn, so that what holds bytes has got them all. */
  begin(unread: () => Arrived): void {
    const { raw } = this
    if (this.over) return
    const { pieces: before, ended } = unread()
    if (ended) {
      this.endedBefore()
      return
    }
    if (this.tls !== null) {
      this.shakeHere(this.tls, before)
      return
    }
    if (!(raw instanceof NodeConnection)) {
      const duplex = new ConnectionDuplex(raw)
      if (raw.pull !== undefined) raw.pull = false
      raw.borrow = false
      raw.handler = {
        ...duplex.handler,
        drained: () => {
          this.secure(duplex)
        },
      }
      for (const piece of before) duplex.push(piece)
      this.stream = duplex
      raw.resume()
    } else {
      const { socket, queued, ended } = raw.release((error) => {
        if (!this.shaking) this.fail(error ?? endedEarly())
      })
      this.stream = socket
      if (ended) {
        this.fail(endedEarly())
        return
      }
      const all = [...before, ...queued]
      if (all.length > 0) socket.unshift(Buffer.concat(all))
    }
    this.whenSent()
  }

  /** The peer will not answer: it would only be waited for. */
  private endedBefore(): void {
    this.raw.abort()
    this.fail(endedEarly())
  }

  /** The connection stays, and TLS begins beneath its events; what was written goes first. */
  private shakeHere(tls: StreamTls<Connection>, before: readonly Uint8Array[]): void {
    const { loop, raw, serverSide } = this
    const { options } = ownOptions(this.options)
    const connection = new TlsConnection(loop, raw as Connection, tls.engine, this.options)
    let context: TlsContext
    try {
      context = contextOf(tls, sideOf(serverSide), this.options, options)
    } catch (error) {
      raw.abort()
      this.fail(error as Error)
      return
    }
    connection.shake(tls, context, { received: Buffer.concat(before) }, 'ETIMEDOUT', {
      secured: () => {
        if (this.over) return
        this.over = true
        this.events.secured(connection)
      },
      failed: (error) => {
        this.fail(error)
      },
    })
    raw.resume()
  }

  /** The program closed the transport meanwhile. */
  giveUp(): void {
    this.over = true
    this.giveUpHandshake()
    if (this.stream === null) this.raw.abort()
    else this.stream.destroy()
  }

  /** TLS writes to the socket by itself, past what is unsent here. */
  private whenSent(): void {
    const { raw, stream } = this
    if (this.over) return
    if (raw instanceof NodeConnection) {
      raw.whenSent(() => {
        this.secure(stream as Socket)
      })
      return
    }
    raw.setWaterMarks(0, 0)
    if (raw.write(new Uint8Array(0))) this.secure(stream!)
  }

  private secure(stream: Duplex): void {
    if (this.over) return
    this.shaking = true
    if (stream instanceof ConnectionDuplex) this.raw.handler = stream.handler
    try {
      if (this.serverSide) this.accept(stream)
      else this.connect(stream)
    } catch (error) {
      // Options that node:tls refuses.
      this.fail(error as Error)
    }
  }

  private accept(stream: Duplex): void {
    this.giveUpHandshake = acceptorOf(this.loop, this.options).secure(stream, (error, socket) => {
      if (error !== null) this.fail(error)
      else
        this.succeed(
          stream,
          socket!,
          new NodeConnection(this.loop, socket!, 'open', this.raw.remoteAddress, this.options),
        )
    })
  }

  private connect(stream: Duplex): void {
    const { loop, raw, options } = this
    const guarded = guardClient(options as ConnectionOptions, (error) => {
      socket.destroy(error)
    })
    const socket = connect({
      ...guarded,
      socket: stream,
      ...({ allowHalfOpen: true } as ConnectionOptions),
    })
    const made = new NodeConnection(loop, socket, 'connecting', raw.remoteAddress, options)
    made.limitHandshake()
    made.handler = {
      connected: () => {
        this.succeed(stream, socket, made)
      },
      data() {},
      eof() {},
      closed: (error) => {
        this.fail(error ?? endedEarly())
      },
    }
    this.giveUpHandshake = () => {
      made.abort()
    }
    if (stream instanceof ConnectionDuplex) stream.above = socket
  }

  private succeed(stream: Duplex, socket: Socket, made: NodeConnection): void {
    if (this.over) {
      made.abort()
      return
    }
    this.over = true
    if (stream instanceof ConnectionDuplex) stream.above = socket
    this.events.secured(made)
  }

  private fail(error: Error): void {
    if (this.over) return
    this.over = true
    this.stream?.destroy()
    this.events.failed(error)
  }
}

const acceptors = new WeakMap<EventLoop, WeakMap<object, TlsAcceptor>>()

/** One for each options object: its context and its tickets serve all connections that are begun with it. */
function acceptorOf(loop: EventLoop, options: StartTlsOptions): TlsAcceptor {
  let known = acceptors.get(loop)
  if (known === undefined) acceptors.set(loop, (known = new WeakMap()))
  let acceptor = known.get(options)
  if (acceptor === undefined) known.set(options, (acceptor = new TlsAcceptor(loop, options as TlsOptions & TlsTimes)))
  return acceptor
}

function sideOf(serverSide: boolean): TlsSide {
  return serverSide ? 'server' : 'client'
}

/** The options that are TLS's, without those that are net's. */
function ownOptions({ serverSide, tlsEngine, ...options }: StartTlsOptions): {
  options: object
  engine: TlsEngine | undefined
} {
  void serverSide
  return { options, engine: tlsEngine }
}

const contexts = new WeakMap<object, TlsContext>()

/** One for each options object, as its tickets are for all connections that are begun with it. */
function contextOf(tls: StreamTls<Connection>, side: TlsSide, key: object, options: object): TlsContext {
  const known = contexts.get(key)
  if (known?.side === side) return known
  const made = tls.context(side, options)
  contexts.set(key, made)
  return made
}
