/** What the parts of the network know of each other. */
import type { Connection, SocketAddress } from '@loop/core/lowlevel'
import type { Random } from '../random.ts'
import type { WorldEvent } from '../world/engine.ts'
import type { FaultLedger } from '../world/fault-ledger.ts'
import type { Trace } from '../world/trace.ts'

/** A machine as the network sees it: it keeps its address while its programs come and go. */
export interface Machine {
  readonly name: string
  readonly address: string
  readonly index: number
  /** The sockets of the program that runs; null while none does. */
  streams: Sockets | null
  /** Nobody answers, not even to refuse. */
  isSilent: boolean
  /** Its program reads nothing, or what it writes stays. */
  clogged: { reads: boolean; writes: boolean }
}

/** How a program leaves its sockets: it ends, is killed, or its machine is gone. */
export type Leaving = 'close' | 'reset' | 'vanish'

/** The sockets of a program. */
export interface Sockets {
  readonly connections: Set<ConnectionEnd>
  readonly listeners: ReadonlyMap<number | string, readonly ListeningEnd[]>
  readonly datagrams: ReadonlyMap<number, readonly DatagramEnd[]>
  /** Has `run` called in the next turn, unless the program is gone. */
  post(run: () => void): void
  leave(how: Leaving): void
}

/** A socket that can be clogged: how it goes on. */
export interface SocketEnd {
  /** Tells of all that waits. */
  deliverAll(): void
  /** Gives the system what it takes. */
  transmit(): void
}

/** One end of a connection. */
export interface ConnectionEnd extends SocketEnd, Connection {
  readonly machine: Machine
  readonly peer: ConnectionEnd | null
  /** The system has an error for its program; the connection is gone. */
  breakOff(error: Error): void
  leave(how: Leaving): void
  /** Its program has heard of the connection. */
  ready(): void
}

/** A listening socket. */
export interface ListeningEnd {
  /** Whether the next connection must wait outside. */
  readonly isFull: boolean
  /** A connection has come. */
  take(connection: ConnectionEnd): void
}

/** A datagram socket. */
export interface DatagramEnd extends SocketEnd {
  /** Whether it takes datagrams from there: one with a remote takes those of it only. */
  accepts(from: SocketAddress): boolean
  /** A datagram has come. */
  take(bytes: Buffer, from: SocketAddress): void
}

/** What the network takes from its world. */
export interface Surroundings {
  now(): number
  after(ms: number, happen: () => void): WorldEvent
  readonly trace: Trace
  readonly random: Random
  readonly ledger: FaultLedger
}

/** What can be stalled by a cut, and goes on after it. */
export interface Stalled {
  repaired(): void
}
