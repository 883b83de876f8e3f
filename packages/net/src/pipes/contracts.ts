/** What is written and what is given for pipes: one direction each, so half of a connection's transport. */
import type { EventLoop } from '@loop/core'
import type { BaseProtocol, BaseTransport, Transport } from '../contracts/protocols.ts'
import type { Readable, Writable } from 'node:stream'

/**
 * A protocol that reads a pipe.
 *
 *     protocol = connectionMade dataReceived* eofReceived? connectionLost
 *
 * What it throws goes to the loop's exception handler, and closes this pipe.
 */
export interface ReadPipeProtocol extends Pick<BaseProtocol<never>, 'connectionLost'> {
  /** The pipe is open. Called once, first. */
  connectionMade?(transport: ReadTransport): void
  /** Bytes arrived, at least one. They are the protocol's to keep. */
  dataReceived(bytes: Buffer): void
  /** The writing end was closed; `connectionLost` follows whatever it returns. */
  eofReceived?(): unknown
}

/**
 * A protocol that writes to a pipe.
 *
 *     protocol = connectionMade (pauseWriting resumeWriting)* pauseWriting? connectionLost
 */
export interface WritePipeProtocol extends Omit<BaseProtocol<never>, 'connectionMade'> {
  /** The pipe is open. Called once, first. */
  connectionMade?(transport: WriteTransport): void
}

/** The transport of a pipe that is read. */
export interface ReadTransport extends Pick<Transport, 'pauseReading' | 'resumeReading' | 'isReading'> {
  /** Stops reading and closes the pipe; `connectionLost(undefined)` follows. Repeatable. */
  close(): void
  /** Whether it is closing or closed. */
  isClosing(): boolean
  /** A fact: `pipe` is the descriptor or the stream that it was made of; undefined for other names. */
  getExtraInfo(name: string, fallback?: unknown): unknown
  /** The protocol in force. */
  getProtocol(): ReadPipeProtocol
  /** Replaces the protocol; neither is told. */
  setProtocol(protocol: ReadPipeProtocol): void
}

/** The transport of a pipe that is written to. Writing follows the grammar `(write | writeLines)* (writeEof | close)`. */
export interface WriteTransport
  extends
    Pick<Transport, 'write' | 'writeLines' | 'flush'>,
    Pick<BaseTransport<never>, 'getWriteBufferSize' | 'getWriteBufferLimits' | 'setWriteBufferLimits'> {
  /** As `close`: a pipe has one direction. Repeatable. */
  writeEof(): void
  /** Whether `writeEof` is possible: always. */
  canWriteEof(): boolean
  /** Sends what was written, then closes the pipe; `connectionLost` follows. Repeatable. */
  close(): void
  /** Closes at once and drops what was not sent; `connectionLost(undefined)` follows. Repeatable. */
  abort(): void
  /** Whether it is closing or closed. */
  isClosing(): boolean
  /** A fact: `pipe` is the descriptor or the stream that it was made of; undefined for other names. */
  getExtraInfo(name: string, fallback?: unknown): unknown
  /** The protocol in force. */
  getProtocol(): WritePipeProtocol
  /** Replaces the protocol; neither is told. */
  setProtocol(protocol: WritePipeProtocol): void
}

/** What can be read: a descriptor, `process.stdin`, or any readable stream of Node. */
export type ReadablePipe = number | Readable

/** What can be written to: a descriptor, `process.stdout`, `process.stderr`, or any writable stream of Node. */
export type WritablePipe = number | Writable

/** How a pipe is opened. */
export interface PipeOptions {
  /**
   * What reads a descriptor: 'selector' watches it with the loop's own selector and leaves its flags as they are,
   * 'node' gives it to a stream of Node. 'auto', the default, takes the selector where it watches descriptors and this
   * is a pipe, a socket or a terminal. Writing, and whatever is a stream already, is Node's.
   */
  readonly io?: 'auto' | 'selector' | 'node'
  /** The loop; the running one by default. */
  readonly loop?: EventLoop
}
