import type { Listener, ListenerHandler, SocketAddress } from '@loop/core/lowlevel'
import type { ConnectionEnd, ListeningEnd } from './machine.ts'
import type { Network } from './network.ts'

/** See `Listener` in @loop/core/lowlevel. */
export class SimulatedListener implements Listener, ListeningEnd {
  fd: number
  private paused = false
  /** Connected, and not handed over yet. */
  private readonly queue: ConnectionEnd[] = []

  constructor(
    private readonly streams: { readonly network: Network; post(run: () => void): void },
    private readonly handler: ListenerHandler,
    readonly address: SocketAddress,
    private readonly backlog: number,
    readonly reusePort: boolean,
    private readonly closed: () => void,
  ) {
    this.fd = streams.network.descriptors++
  }

  /** Whether the next connection must wait outside. */
  get isFull(): boolean {
    return this.queue.length > this.backlog
  }

  /** A connection has come. */
  take(connection: ConnectionEnd): void {
    this.queue.push(connection)
    if (!this.paused) this.acceptSoon()
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    if (!this.paused) return
    this.paused = false
    for (let count = this.queue.length; count > 0; count--) this.acceptSoon()
  }

  close(): void {
    if (this.fd < 0) return
    this.fd = -1
    this.closed()
    for (const connection of this.queue.splice(0)) connection.leave('reset')
  }

  private acceptSoon(): void {
    this.streams.post(this.accept)
  }

  private readonly accept = (): void => {
    if (this.fd < 0 || this.paused) return
    const connection = this.queue.shift()
    if (connection === undefined) return
    let handler: unknown
    try {
      handler = this.handler.accepted(connection)
      if (typeof handler !== 'object' || handler === null)
        throw new TypeError('a listener must return a handler for the connection it accepted')
      connection.handler = handler as typeof connection.handler
    } catch (error) {
      connection.abort()
      throw error
    } finally {
      connection.ready()
    }
  }
}
