import type { ConnectionHandler } from '@loop/core'
import type { StreamTransport } from './stream-transport.ts'

/**
 * The handler of a connection until `connectionMade` has been called. It is scheduled for the next turn, as in asyncio; a
 * backend may deliver bytes in the turn that accepted them, and those must not overtake it.
 */
export class FirstEvents implements ConnectionHandler {
  constructor(private readonly transport: StreamTransport) {}

  data(bytes: Uint8Array): void {
    this.begun().data(bytes)
  }

  eof(): void {
    this.begun().eof()
  }

  drained(): void {
    this.transport.begin()
    this.transport.drained()
  }

  closed(error: Error | undefined): void {
    this.transport.begin()
    this.transport.closed(error)
  }

  private begun(): ConnectionHandler {
    this.transport.begin()
    return this.transport.firstHandler
  }
}
