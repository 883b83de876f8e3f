/** The transport of a datagram socket, the same over both families. */
import type { EventLoop } from '@loop/core'
import type { DatagramHandler, SocketAddress } from '@loop/core/lowlevel'
import { AddressError, TransportClosedError } from '../contracts/errors.ts'
import type { NetDatagramSocket } from '../contracts/network.ts'
import { inspect } from 'node:util'
import { checkNumeric, checkPort, nameOfAddress } from '../base/options.ts'
import type { DatagramProtocol } from '../contracts/protocols.ts'
import { callProtocol, DEFAULT_LIMITS, DROPPED_WRITES_REPORTED, toError, waterMarks } from '../base/transport-parts.ts'
import type { DatagramTransport, ExtraInfo, WriteBufferLimits } from '../contracts/protocols.ts'

/** See {@link DatagramTransport}. */
export class DatagramSocketTransport implements DatagramTransport, DatagramHandler {
  private socket!: NetDatagramSocket
  private made = false
  private closing = false
  /** The program closed it; what it goes on to send is its mistake. Else nobody can know in time. */
  private closedByProgram = false
  private droppedSends = 0
  private writingPaused = false
  private limits: WriteBufferLimits = DEFAULT_LIMITS

  constructor(
    private readonly loop: EventLoop,
    private protocol: DatagramProtocol,
  ) {}

  // ---------------------------------------------------------------- from the socket

  /** Takes the open socket. */
  attach(socket: NetDatagramSocket): void {
    this.socket = socket
  }

  /** Calls `connectionMade`; in any case before the first event. Repeatable. */
  begin(): void {
    if (this.made) return
    this.made = true
    try {
      this.protocol.connectionMade?.(this)
    } catch (error) {
      this.fail(error, 'connectionMade')
    }
  }

  datagram(bytes: Uint8Array, from: SocketAddress): void {
    this.begin()
    try {
      this.protocol.datagramReceived?.(bytes as Buffer, from)
    } catch (error) {
      this.fail(error, 'datagramReceived')
    }
  }

  failed(error: Error): void {
    this.begin()
    try {
      this.protocol.errorReceived?.(error)
    } catch (thrown) {
      this.fail(thrown, 'errorReceived')
    }
  }

  drained(): void {
    if (!this.writingPaused) return
    this.writingPaused = false
    callProtocol(this, this.loop, 'resumeWriting')
  }

  closed(error: Error | undefined): void {
    this.begin()
    this.closing = true
    callProtocol(this, this.loop, 'connectionLost', error)
  }

  // ---------------------------------------------------------------- for the protocol

  sendTo(bytes: Uint8Array, address?: { readonly host: string; readonly port: number }): void {
    if (this.closedByProgram)
      throw new TransportClosedError('cannot send: the transport was closed; ask isClosing() first')
    if (this.closing) {
      this.noteDropped()
      return
    }
    const taken = this.socket.send(bytes, this.checkAddress(address))
    if (taken || this.writingPaused) return
    this.writingPaused = true
    callProtocol(this, this.loop, 'pauseWriting')
  }

  close(): void {
    this.closing = this.closedByProgram = true
    this.socket.close()
  }

  abort(): void {
    this.closing = this.closedByProgram = true
    this.socket.abort()
  }

  isClosing(): boolean {
    return this.closing
  }

  getExtraInfo<K extends keyof ExtraInfo & string>(name: K, fallback?: ExtraInfo[K]): ExtraInfo[K] | undefined {
    const known: Partial<ExtraInfo> = {}
    if (name === 'peername' && this.socket.remoteAddress !== undefined) known.peername = this.socket.remoteAddress
    if (name === 'sockname') known.sockname = this.socket.localAddress
    return (known[name] as ExtraInfo[K] | undefined) ?? fallback
  }

  getProtocol(): DatagramProtocol {
    return this.protocol
  }

  setProtocol(protocol: DatagramProtocol): void {
    this.protocol = protocol
  }

  getWriteBufferSize(): number {
    return this.socket.pending
  }

  getWriteBufferLimits(): WriteBufferLimits {
    return this.limits
  }

  setWriteBufferLimits(limits: Partial<WriteBufferLimits> = {}): void {
    this.limits = waterMarks(limits)
    this.socket.setWaterMarks(this.limits.high, this.limits.low)
  }

  /** How it looks in a log: where it is bound, and its state. */
  [inspect.custom](): string {
    return `DatagramTransport(${nameOfAddress(this.socket.localAddress)}, ${this.closing ? 'closing' : 'open'})`
  }

  private noteDropped(): void {
    this.droppedSends++
    if (this.droppedSends !== DROPPED_WRITES_REPORTED) return
    this.loop.callExceptionHandler({
      message: `${DROPPED_WRITES_REPORTED} datagrams of a socket that an exception had closed were dropped; stop sending at connectionLost, or ask isClosing()`,
      transport: this,
      protocol: this.protocol,
    })
  }

  private checkAddress(address: { readonly host: string; readonly port: number } | undefined): typeof address {
    const { remoteAddress } = this.socket
    if (remoteAddress === undefined) {
      if (address === undefined) throw new AddressError('sendTo needs an address, as the socket has no remoteAddress')
      checkNumeric(address.host, 'host')
      checkPort(address.port)
      if (address.port === 0) throw new AddressError('nothing can be sent to port 0')
      return address
    }
    if (address === undefined || remoteAddress.family === 'unix') return undefined
    if (address.host === remoteAddress.address && address.port === remoteAddress.port) return undefined
    throw new AddressError(
      `the socket talks to ${remoteAddress.address}:${remoteAddress.port} only, not to ${address.host}:${address.port}`,
    )
  }

  private fail(thrown: unknown, method: string): void {
    this.loop.callExceptionHandler({
      message: `Fatal error: protocol.${method}() failed; its socket is closed`,
      exception: thrown,
      transport: this,
      protocol: this.protocol,
    })
    this.closing = true
    this.socket.abort(toError(thrown))
  }
}
