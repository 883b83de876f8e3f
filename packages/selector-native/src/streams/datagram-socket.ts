import type { DatagramHandler, DatagramSocket, ReadyEvent, SocketAddress } from '@loop/core/lowlevel'
import { arrivedError, SystemError } from '../errors.ts'
import { ADDRESS_BYTES, Kind } from '../engine/layout.ts'
import type { Engine, SlotOwner } from '../engine/engine.ts'
import { running } from '../engine/engine.ts'
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
export class NativeDatagramSocket extends NativeSocket implements DatagramSocket, SlotOwner, HeldOwner<Datagram> {
  protected readonly kind = 'datagram'
  borrow = false
  protected override readonly held: Held<Datagram>

  constructor(
    engine: Engine,
    id: number,
    public handler: DatagramHandler,
  ) {
    super(engine, id)
    this.held = new Held(engine, this)
    void this.localAddress // Asked while it is there.
    engine.add(this)
  }

  override get localAddress(): SocketAddress {
    return super.localAddress!
  }

  send(bytes: Uint8Array, to?: { readonly host: string; readonly port: number }): boolean {
    checkBytes(bytes)
    if (this.state !== 'open') return refuse('send', `the socket is ${this.state}`)
    if (to !== undefined) checkPort(to.port)
    const error = this.engine.native.send(this.engine.handle, this.id, bytes, to?.host ?? '', to?.port ?? 0)
    if (error < 0) this.engine.post(this.failedEvent(new SystemError(error, 'send', to?.host, to?.port)))
    this.stopped ||= this.pending > this.high
    return !this.stopped
  }

  take(kind: number, a: number, b: number, into: ReadyEvent[]): void {
    if (kind === Kind.datagram) into.push(this.datagramEvent(a, b))
    else if (kind === Kind.failed) into.push(this.failedEvent(arrivedError(a, 'recv')))
    else if (kind === Kind.drained && this.stopped) into.push(this.drainedEvent())
    else if (kind === Kind.closed) into.push(this.closedEvent(a, b))
  }

  fail(error: Error): void {
    this.engine.post(this.failedEvent(error))
  }

  private failedEvent(error: Error): ReadyEvent {
    return running(() => {
      if (this.state === 'open') this.handler.failed(error)
    })
  }

  private datagramEvent(offset: number, length: number): ReadyEvent {
    const { received } = this.engine
    const from = senderIn(received.window(offset, ADDRESS_BYTES))
    const at = offset + ADDRESS_BYTES
    let kept = this.borrow ? null : received.copy(at, length)
    const keepLent = (): void => {
      kept ??= received.copy(at, length)
    }
    if (kept === null) this.engine.lend({ keepLent })
    return running(() => {
      if (this.state !== 'open') return
      const holding = this.paused || !this.held.empty
      if (holding || !this.borrow) keepLent()
      const bytes = kept ?? received.window(at, length)
      if (holding) this.held.add({ bytes, from })
      else this.handler.datagram(bytes, from)
    })
  }

  emit({ bytes, from }: Datagram): void {
    if (this.state === 'open') this.handler.datagram(bytes, from)
  }
}

/** The sender that a datagram's header names: int32 port, then the address as text ended by 0. */
function senderIn(header: Buffer): SocketAddress {
  const port = header[0]! | (header[1]! << 8)
  const start = Int32Array.BYTES_PER_ELEMENT
  const address = header.toString('latin1', start, header.indexOf(0, start))
  return { family: address.includes(':') ? 'IPv6' : 'IPv4', address, port }
}
