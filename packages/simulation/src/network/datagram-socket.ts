import type { DatagramHandler, DatagramSocket, SocketAddress } from '@loop/core/lowlevel'
import { InvalidStateError } from '@loop/core'
import type { MessageEntry } from '../world/trace.ts'
import type { DatagramEnd, Machine } from './machine.ts'
import type { Network } from './network.ts'
import { isLoopback } from './network.ts'
import { preview } from './preview.ts'
import { systemError } from './system-error.ts'

/** What UDP over IPv4 carries at most. */
const LONGEST = 65_507
/** Bytes that the kernel keeps for a socket that does not read: Linux's rmem_default. */
const KEPT = 212_992
/** asyncio's marks of back-pressure. */
const HIGH = 65_536
const LOW = 16_384

/** Whose it is. */
export interface DatagramHome {
  readonly network: Network
  readonly machine: Machine
  post(run: () => void): void
  /** It is closed. */
  forget(socket: SimulatedDatagramSocket): void
}

type IpAddress = Extract<SocketAddress, { port: number }>

/** See `DatagramSocket` in @loop/core/lowlevel. Each datagram takes its own time, and so may overtake others. */
export class SimulatedDatagramSocket implements DatagramSocket, DatagramEnd {
  borrow = false
  pending = 0
  fd: number
  readonly reusePort: boolean
  private readonly broadcast: boolean
  private paused = false
  private high = HIGH
  private low = LOW
  private isAbove = false
  private closing = false
  /** What the system does not take at the moment. */
  private readonly unsent: { readonly bytes: Buffer; readonly to: { readonly host: string; readonly port: number } }[] =
    []
  private readonly inbox: { readonly bytes: Buffer; readonly from: SocketAddress }[] = []
  private kept = 0

  constructor(
    private readonly streams: DatagramHome,
    public handler: DatagramHandler,
    readonly localAddress: IpAddress,
    readonly remoteAddress: IpAddress | undefined,
    options: { readonly reusePort: boolean; readonly broadcast: boolean },
  ) {
    this.fd = streams.network.descriptors++
    this.reusePort = options.reusePort
    this.broadcast = options.broadcast
  }

  send(bytes: Uint8Array, to?: { readonly host: string; readonly port: number }): boolean {
    if (this.closing || this.fd < 0) throw new InvalidStateError('nothing can be sent after close or abort')
    const { remoteAddress } = this
    const target = to ?? (remoteAddress && { host: remoteAddress.address, port: remoteAddress.port })
    if (target === undefined) throw new InvalidStateError('a datagram needs an address, as the socket has no remote')
    this.unsent.push({ bytes: Buffer.from(bytes), to: target })
    this.pending += bytes.length
    this.transmit()
    if (this.pending > this.high) this.isAbove = true
    return !this.isAbove
  }

  close(): void {
    if (this.closing || this.fd < 0) return
    this.closing = true
    this.endIfSent()
  }

  abort(error?: Error): void {
    if (this.fd < 0) return
    this.unsent.length = 0
    this.pending = 0
    this.finish(error)
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    if (!this.paused) return
    this.paused = false
    this.deliverAll()
  }

  setWaterMarks(high: number, low: number): void {
    this.high = high
    this.low = low
    this.isAbove = this.pending > high
  }

  /** Gives the system what it takes. */
  transmit(): void {
    if (this.streams.machine.clogged.writes) return
    for (const { bytes, to } of this.unsent.splice(0)) {
      this.pending -= bytes.length
      this.transmitOne(bytes, to)
    }
    if (this.isAbove && this.pending <= this.low) {
      this.isAbove = false
      this.streams.post(() => {
        if (this.fd >= 0) this.handler.drained?.()
      })
    }
    this.endIfSent()
  }

  /** Tells of all that waits. */
  deliverAll(): void {
    for (let count = this.inbox.length; count > 0; count--) this.deliverSoon()
  }

  private transmitOne(bytes: Buffer, to: { readonly host: string; readonly port: number }): void {
    const { network, machine } = this.streams
    if (bytes.length > LONGEST) {
      this.fail('EMSGSIZE', 'send')
      return
    }
    if (to.host === '255.255.255.255') {
      if (!this.broadcast) this.fail('EACCES', 'send')
      else for (const each of network.machines) if (each !== machine) this.sendTo(each, bytes, to.port)
      return
    }
    const target = network.at(to.host, machine)
    if (target !== undefined) this.sendTo(target, bytes, to.port)
  }

  private sendTo(target: Machine, bytes: Buffer, port: number): void {
    const { network, machine } = this.streams
    const { world } = network
    const link = network.link(machine, target)
    const { loss, duplicate } = link.conditions
    world.trace.mix(machine.index * 256 + target.index)
    world.trace.mixBytes(bytes)
    const copies = link.strikes('duplicate', duplicate) ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      const entry = this.record(target, bytes, port)
      const delay = link.delay(world.now(), bytes.length)
      if (link.strikes('loss', loss)) {
        if (entry !== null) entry.lost = 'lost'
        continue
      }
      world.after(delay, () => {
        this.arrive(target, bytes, port, entry)
      })
    }
  }

  private record(target: Machine, bytes: Buffer, port: number): MessageEntry | null {
    const { trace, now } = this.streams.network.world
    if (!trace.keeps) return null
    const entry: MessageEntry = {
      kind: 'message',
      at: now(),
      arrived: undefined,
      from: this.streams.machine.name,
      to: target.name,
      text: `${preview(bytes)}  (datagram, :${this.localAddress.port} to :${port})`,
    }
    trace.entries.push(entry)
    return entry
  }

  private arrive(target: Machine, bytes: Buffer, port: number, entry: MessageEntry | null): void {
    const { network, machine } = this.streams
    const link = network.link(machine, target)
    if (link.held !== null) {
      link.held.push(() => {
        this.arrive(target, bytes, port, entry)
      })
      return
    }
    if (link.cut || target.isSilent) {
      if (entry !== null) entry.lost = 'lost'
      return
    }
    network.messages++
    network.world.trace.mixTime(network.world.now())
    if (entry !== null) entry.arrived = network.world.now()
    const from = this.sourceFor(target)
    const sockets = target.streams?.datagrams.get(port)?.filter((socket) => socket.accepts(from)) ?? []
    if (sockets.length === 0) {
      this.unreachable(target)
      return
    }
    sockets[network.world.random.below(sockets.length)]!.take(bytes, from)
  }

  private sourceFor(target: Machine): IpAddress {
    const { machine } = this.streams
    const { address, port } = this.localAddress
    const own = target === machine ? (isLoopback(address) ? address : '127.0.0.1') : machine.address
    return { family: 'IPv4', address: own, port }
  }

  accepts(from: SocketAddress): boolean {
    const { remoteAddress } = this
    if (remoteAddress === undefined || from.family === 'unix') return remoteAddress === undefined
    return remoteAddress.address === from.address && remoteAddress.port === from.port
  }

  take(bytes: Buffer, from: SocketAddress): void {
    if (this.kept + bytes.length > KEPT) return
    this.kept += bytes.length
    this.inbox.push({ bytes: Buffer.from(bytes), from })
    this.deliverSoon()
  }

  /** Nobody has the port: the system of the target says so, which sockets with a remote hear. */
  private unreachable(target: Machine): void {
    if (this.remoteAddress === undefined) return
    const { network, machine } = this.streams
    network.world.after(network.link(target, machine).delay(network.world.now(), 0), () => {
      this.fail('ECONNREFUSED', 'recv')
    })
  }

  private fail(code: string, syscall: string): void {
    this.streams.post(() => {
      if (this.fd >= 0) this.handler.failed(systemError(code, syscall))
    })
  }

  private deliverSoon(): void {
    if (!this.paused && !this.streams.machine.clogged.reads) this.streams.post(this.deliver)
  }

  private readonly deliver = (): void => {
    if (this.paused || this.closing || this.fd < 0 || this.streams.machine.clogged.reads) return
    const first = this.inbox.shift()
    if (first === undefined) return
    this.kept -= first.bytes.length
    this.handler.datagram(first.bytes, first.from)
  }

  private endIfSent(): void {
    if (this.closing && this.unsent.length === 0) this.finish(undefined)
  }

  private finish(error: Error | undefined): void {
    if (this.fd < 0) return
    this.fd = -1
    this.inbox.length = 0
    this.streams.forget(this)
    this.streams.post(() => {
      this.handler.closed(error)
    })
  }
}
