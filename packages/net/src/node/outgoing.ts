import type { Socket } from 'node:net'
import process from 'node:process'
import { ByteQueue } from '../base/byte-queue.ts'

/**
 * Bytes handed to a socket at a time. Node does not report the progress within one write, so a larger one would look
 * as if the peer read nothing; smaller ones cost more calls.
 */
const BATCH = 256 * 1024

/**
 * What is written to a socket of Node and has not left yet. Writes of one handle leave together, after its microtasks;
 * what the socket does not take waits here, where small writes cost their bytes: each would be an object or two in
 * Node.
 */
export class Outgoing {
  private readonly waiting = new ByteQueue()
  private scheduled = false
  /** The socket has bytes of which it has not said that they left. */
  private underway = false
  private broken = false
  /** Called once, when everything was handed to the socket. */
  private last: (() => void) | null = null
  /** Called once, when everything has left. */
  private empty: (() => void) | null = null

  /** `progressed` is called when some of it has left. */
  constructor(
    private readonly socket: Socket,
    private readonly progressed: () => void,
  ) {}

  /** Bytes that have not left. */
  get size(): number {
    return this.waiting.size + this.socket.writableLength
  }

  /** Whether something can no longer leave. */
  get lost(): boolean {
    return this.waiting.size > 0 || this.underway
  }

  /** Adds a copy: Node would go on using memory that the caller may change. */
  write(bytes: Uint8Array): void {
    this.waiting.append(bytes)
    if (this.scheduled || this.underway) return
    this.scheduled = true
    process.nextTick(flush, this)
  }

  /** Hands over what waits, as far as the socket takes it. */
  flush(): void {
    this.scheduled = false
    const { socket, waiting } = this
    if (socket.destroyed || this.broken) return
    while (waiting.size > 0 && socket.writableLength === 0) {
      this.underway = true
      socket.write(waiting.take(BATCH), this.onWritten)
    }
    if (waiting.size > 0) return
    const { last } = this
    this.last = null
    last?.()
  }

  /** Calls `last` after the socket was given everything. */
  finish(last: () => void): void {
    this.last = last
    this.flush()
  }

  /** Calls `empty`, once, when everything has left. */
  whenEmpty(empty: () => void): void {
    this.flush()
    if (this.size === 0 && !this.underway) empty()
    else this.empty = empty
  }

  private readonly onWritten = (error?: Error | null): void => {
    // A write that failed empties nothing: the end of the connection follows.
    if ((error ?? null) !== null) {
      this.broken = true
      return
    }
    this.underway = this.socket.writableLength > 0
    this.flush()
    this.progressed()
    if (this.empty === null || this.underway || this.size > 0) return
    const { empty } = this
    this.empty = null
    empty()
  }
}

function flush(outgoing: Outgoing): void {
  outgoing.flush()
}
