import type { SocketAddress, StreamInfo } from '@loop/core/lowlevel'
import { InvalidStateError } from '@loop/core'
import { PEER_BYTES, SLOT_MASK } from '../layout.ts'
import type { Port } from '../port.ts'

/** Back-pressure marks in bytes: asyncio's and uvloop's defaults. */
const HIGH_WATER = 64 * 1024

/** Addresses that are known from the beginning: those of unix sockets. */
export interface Ends {
  readonly remote?: SocketAddress
  readonly local?: SocketAddress
}

const UNKNOWN: Ends = {}

/** What connections and datagram sockets share: a slot, its addresses and its water marks. */
export abstract class NativeSocket {
  protected high = HIGH_WATER
  /** `write` has said stop; `drained` is owed. */
  protected stopped = false
  /** The addresses once they were asked for; until then the addon has them, and after the end `ends` has. */
  private remote: SocketAddress | undefined
  private local: SocketAddress | undefined
  private ends: Uint8Array | null = null

  constructor(
    protected readonly port: Port,
    readonly id: number,
    { remote, local }: Ends = UNKNOWN,
  ) {
    this.remote = remote
    this.local = local
  }

  protected abstract readonly kind: StreamInfo['kind']
  /** Whether the addon still has the slot. */
  protected abstract get alive(): boolean

  get fd(): number {
    return this.alive && !this.port.closed ? this.port.native.descriptor(this.port.handle, this.id) : -1
  }

  get pending(): number {
    return this.alive ? this.port.memory.pending[this.id & SLOT_MASK]! : 0
  }

  get localAddress(): SocketAddress | undefined {
    return (this.local ??= this.addressOf(0))
  }

  get remoteAddress(): SocketAddress | undefined {
    return (this.remote ??= this.addressOf(1))
  }

  /**
   * Keeps the addresses of both ends, which came to `offset` with the end; as bytes, as most programs never ask for
   * them.
   */
  protected keepEnds(offset: number): void {
    if (this.remote === undefined || this.local === undefined)
      this.ends = this.port.received.copy(offset, 2 * PEER_BYTES)
  }

  setWaterMarks(high: number, low: number): void {
    if (!(Number.isInteger(high) && Number.isInteger(low) && low >= 0 && low <= high)) {
      throw new RangeError(`water marks are whole numbers of bytes with 0 <= low <= high, got high ${high}, low ${low}`)
    }
    this.high = high
    if (this.alive) this.port.native.setLow(this.port.handle, this.id, Math.min(low, 2 ** 31 - 1))
  }

  info(): StreamInfo {
    const { kind, fd, pending } = this
    return { kind, fd, local: this.localAddress, remote: this.remoteAddress, pending }
  }

  private addressOf(remote: 0 | 1): SocketAddress | undefined {
    const { port, ends } = this
    if (ends !== null)
      return port.native.formatPeer(ends.subarray((1 - remote) * PEER_BYTES, (2 - remote) * PEER_BYTES))
    return this.alive && !port.closed ? port.native.address(port.handle, this.id, remote) : undefined
  }
}

/** Throws unless it is bytes. */
export function checkBytes(bytes: unknown): void {
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(`bytes must be a Uint8Array or Buffer, got ${typeof bytes}; encode text with Buffer.from(text)`)
  }
}

/** Throws, naming what can't be done and why. */
export function refuse(what: string, why: string): never {
  throw new InvalidStateError(`cannot ${what}: ${why}`)
}
