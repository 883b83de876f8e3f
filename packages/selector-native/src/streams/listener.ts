import type { Listener, ListenerHandler, ReadyEvent, SocketAddress, StreamInfo } from '@loop/core/lowlevel'
import { arrivedError } from '../errors.ts'
import { Kind, Operation } from '../engine/layout.ts'
import type { Engine, SlotOwner } from '../engine/engine.ts'
import { running } from '../engine/engine.ts'
import { NativeConnection } from './connection.ts'
import type { Ends } from './socket.ts'

/** One listening socket. */
export class NativeListener implements Listener, SlotOwner {
  readonly address: SocketAddress
  private closed = false
  private paused = false
  /** Taken from the kernel's queue and not handed over yet. */
  private readonly arriving = new Set<NativeConnection>()
  /** What its connections' addresses are known to be. */
  private readonly ends: Ends | undefined

  constructor(
    private readonly engine: Engine,
    readonly id: number,
    private readonly handler: ListenerHandler,
  ) {
    this.address = engine.native.address(engine.handle, id, 0)!
    if (this.address.family === 'unix') this.ends = { local: this.address }
    engine.add(this)
  }

  get fd(): number {
    return this.closed || this.engine.closed ? -1 : this.engine.native.descriptor(this.engine.handle, this.id)
  }

  pause(): void {
    if (this.paused || this.closed) return
    this.paused = true
    this.engine.queue(this.id, Operation.pause)
  }

  resume(): void {
    if (!this.paused || this.closed) return
    this.paused = false
    this.engine.queue(this.id, Operation.resume)
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    if (this.engine.closed) return
    this.engine.remove(this)
    this.engine.native.drop(this.engine.handle, this.id)
    // The kernel says to their peers that they were accepted.
    for (const connection of this.arriving) {
      try {
        this.hand(connection)
      } catch (error) {
        this.engine.post(
          running(() => {
            throw error
          }),
        )
      }
    }
  }

  take(kind: number, a: number, _b: number, into: ReadyEvent[]): void {
    if (kind === Kind.accepted) into.push(this.acceptedEvent(new NativeConnection(this.engine, a, 'open', this.ends)))
    else if (kind === Kind.acceptFailed) into.push(this.failedEvent(arrivedError(a, 'accept')))
  }

  abandon(): void {
    this.closed = true
    this.arriving.clear()
  }

  info(): StreamInfo {
    return { kind: 'listener', fd: this.fd, local: this.address, remote: undefined, pending: 0 }
  }

  private acceptedEvent(connection: NativeConnection): ReadyEvent {
    connection.handler = UNHANDLED
    this.arriving.add(connection)
    return running(() => {
      this.hand(connection)
    })
  }

  private hand(connection: NativeConnection): void {
    if (!this.arriving.delete(connection)) return
    try {
      connection.handler = checkHandler(this.handler.accepted(connection))
    } finally {
      // Refused by throwing: this connection alone ends.
      if (connection.handler === UNHANDLED) connection.abort()
    }
  }

  private failedEvent(error: Error): ReadyEvent {
    return running(() => {
      if (this.closed) return
      if (this.handler.failed === undefined) throw error
      this.handler.failed(error)
    })
  }
}

const UNHANDLED = { data() {}, eof() {}, closed() {} }

function checkHandler<T>(handler: T): T {
  if (typeof handler === 'object' && handler !== null) return handler
  throw new TypeError(`a listener's accepted() must return the connection's handler, got ${String(handler)}`)
}
