import type { DatagramHandler, DatagramSocket, ReadyEvent, SocketAddress } from '@loop/core/lowlevel'
import { arrivedError, SystemError } from '../errors.ts'
import { ADDRESS_BYTES, CALL_MASK, CALLS, Kind, Operation } from '../layout.ts'
import type { Port, PortTarget } from '../port.ts'
import { running } from '../port.ts'
import { checkPort } from './options.ts'
import type { HeldOwner } from './held.ts'
import { Held } from './held.ts'
import { checkBytes, NativeSocket, refuse } from './socket.ts'

/** One that waits for the end of a pause. */
interface Datagram {
  readonly bytes: Buffer
  readonly from: SocketAddress
}

/** One datagram socket. */
export class NativeDatagramSocket extends NativeSocket implements DatagramSocket, PortTarget, HeldOwner<Datagram> {
  protected readonly kind = 'datagram'
  borrow = false
  private state: 'open' | 'closing' | 'closed' = 'open'
  paused = false
  private cause: Error | undefined
  private readonly held: Held<Datagram>

  constructor(
    port: Port,
    id: number,
    public handler: DatagramHandler,
  ) {
    super(port, id)
    this.held = new Held(port, this)
    void this.localAddress // Asked while it is there.
    port.add(this)
  }

  protected get alive(): boolean {
    return this.state !== 'closed'
  }

  override get localAddress(): SocketAddress {
    return super.localAddress!
  }

  send(bytes: Uint8Array, to?: { readonly host: string; readonly port: number }): boolean {
    checkBytes(bytes)
    if (this.state !== 'open') return refuse('send', `the socket is ${this.state}`)
    if (to !== undefined) checkPort(to.port)
    const error = this.port.native.send(this.port.handle, this.id, bytes, to?.host ?? '', to?.port ?? 0)
    if (error < 0) this.port.post(this.failedEvent(new SystemError(error, 'send', to?.host, to?.port)))
    this.stopped ||= this.pending > this.high
    return !this.stopped
  }

  close(): void {
    if (this.state !== 'open') return
    this.state = 'closing'
    this.port.queue(this.id, Operation.close)
  }

  abort(error?: Error): void {
    if (this.state === 'closed') return
    this.state = 'closing'
    this.cause ??= error
    this.port.queue(this.id, Operation.abort)
  }

  pause(): void {
    if (this.paused || !this.alive) return
    this.paused = true
    this.port.queue(this.id, Operation.pause)
  }

  resume(): void {
    if (!this.paused || !this.alive) return
    this.paused = false
    this.port.queue(this.id, Operation.resume)
    this.held.release()
  }

  take(kind: number, a: number, b: number, into: ReadyEvent[]): void {
    if (kind === Kind.datagram) into.push(this.datagramEvent(a, b))
    else if (kind === Kind.failed) into.push(this.failedEvent(arrivedError(a, 'recv')))
    else if (kind === Kind.drained && this.stopped) into.push(this.drainedEvent())
    else if (kind === Kind.closed) into.push(this.closedEvent(a, b))
  }

  fail(error: Error): void {
    this.port.post(this.failedEvent(error))
  }

  abandon(): void {
    this.state = 'closed'
  }

  private failedEvent(error: Error): ReadyEvent {
    return running(() => {
      if (this.state === 'open') this.handler.failed(error)
    })
  }

  private datagramEvent(offset: number, length: number): ReadyEvent {
    const { received } = this.port
    const from = senderIn(received.window(offset, ADDRESS_BYTES))
    const at = offset + ADDRESS_BYTES
    let kept = this.borrow ? null : received.copy(at, length)
    const keepLent = (): void => {
      kept ??= received.copy(at, length)
    }
    if (kept === null) this.port.lend({ keepLent })
    return running(() => {
      if (this.state !== 'open') return
      const waits = this.paused || !this.held.empty
      if (waits || !this.borrow) keepLent()
      const bytes = kept ?? received.window(at, length)
      if (waits) this.held.add({ bytes, from })
      else this.handler.datagram(bytes, from)
    })
  }

  tell({ bytes, from }: Datagram): void {
    if (this.state === 'open') this.handler.datagram(bytes, from)
  }

  private drainedEvent(): ReadyEvent {
    this.stopped = false
    return running(() => {
      if (this.state === 'open') this.handler.drained?.()
    })
  }

  private closedEvent(errno: number, where: number): ReadyEvent {
    const error = this.cause ?? (errno === 0 ? undefined : arrivedError(errno, CALLS[where & CALL_MASK] ?? 'close'))
    this.keepEnds(where & ~CALL_MASK)
    this.abandon()
    this.port.remove(this)
    return running(() => {
      this.held.clear()
      this.handler.closed(error)
    })
  }
}

/** The sender that a datagram's header names: int32 port, then the address as text ended by 0. */
function senderIn(header: Buffer): SocketAddress {
  const port = header[0]! | (header[1]! << 8)
  const start = Int32Array.BYTES_PER_ELEMENT
  const address = header.toString('latin1', start, header.indexOf(0, start))
  return { family: address.includes(':') ? 'IPv6' : 'IPv4', address, port }
}
