/**
 * The memory that JavaScript and the addon share, and what the numbers in it mean.
 *
 * The same definitions stand in native/layout.h, with the origin of each number; a test compares the two.
 */

/** Capacities, in entries or bytes. */
export const EVENTS = 4096
export const QUEUE = 8192
export const OUT_BYTES = 4 * 1024 * 1024
export const SLAB_BYTES = 256 * 1024
export const SLOT_BITS = 17
const SLOTS = 1 << SLOT_BITS
/** The part of an id that is an index. */
export const SLOT_MASK = SLOTS - 1
/** The largest write that is ever copied; a larger one is sent from the caller's memory. */
export const WRITE_MAX = 64 * 1024
/** Bytes before a datagram in the slab: int32 port, then the sender's address as text ended by 0. */
export const ADDRESS_BYTES = 80
/**
 * An internet address as the system has it; both ends', the peer's first, are in the slab of the take that reports a
 * connection's end.
 */
export const PEER_BYTES = 28

/** Kinds of events. Four numbers each: id, kind, a, b. */
export const Kind = {
  ready: 1,
  accepted: 2,
  acceptFailed: 3,
  connected: 4,
  data: 5,
  eof: 6,
  drained: 7,
  datagram: 8,
  failed: 9,
  closed: 10,
  arrived: 11,
  tlsSecured: 12,
  tlsFailed: 13,
} as const

/** Kinds of queued operations. Four numbers each: id, operation, offset, length. */
export const Operation = { write: 1, end: 2, close: 3, abort: 4, pause: 5, resume: 6, pull: 7, push: 8 } as const

/** What an event of kind `closed` says was called when the error came; by number, in the bits of {@link CALL_MASK}. */
export const CALLS = ['close', 'read', 'write', 'connect', 'shutdown', 'poll'] as const
/** The part of an event of kind `closed` that is the call; the rest is the offset of the peer's address in the slab. */
export const CALL_MASK = 7

/** Bits of a socket's options. */
export const SocketOption = { reusePort: 2, ipv6Only: 4, broadcast: 8 } as const

/** Options of an open connection. */
export const ConnectionOption = { sendBuffer: 1, receiveBuffer: 2, ttl: 3 } as const

/** The pieces that an engine shares with the addon. */
export interface SharedMemory {
  readonly events: Int32Array
  readonly queue: Int32Array
  /** Per slot: bytes written here and not yet taken by the kernel. */
  readonly pending: Float64Array
  readonly out: Uint8Array
}

/** Fresh shared memory; the system provides its pages when they are first touched. */
export function sharedMemory(): SharedMemory {
  return {
    events: new Int32Array(4 * EVENTS),
    queue: new Int32Array(4 * (1 + QUEUE)),
    pending: new Float64Array(SLOTS),
    out: new Uint8Array(OUT_BYTES),
  }
}
