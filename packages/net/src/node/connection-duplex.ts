import type { ConnectionHandler } from '@loop/core/lowlevel'
import { Duplex } from 'node:stream'
import type { NetConnection } from '../contracts/network.ts'

/** A stream of Node over a connection of a selector, for what only speaks with those: node:tls. */
export class ConnectionDuplex extends Duplex {
  /** What stands on it, to be ended with what ended the connection. */
  above: { destroy(error?: Error): unknown } | null = null
  private waiting: ((error?: Error | null) => void) | null = null

  /** Gets the events of the connection. */
  readonly handler: ConnectionHandler = {
    data: (bytes) => {
      if (!this.push(bytes)) this.connection.pause()
    },
    eof: () => {
      this.push(null)
    },
    drained: () => {
      this.written(null)
    },
    closed: (error) => {
      this.written(error ?? new Error('the connection is lost'))
      if (error !== undefined) this.above?.destroy(error)
      this.destroy(error)
    },
  }

  constructor(private readonly connection: NetConnection) {
    super({ allowHalfOpen: true })
    // Its errors go to what stands on it.
    this.on('error', () => {})
  }

  override _read(): void {
    if (this.connection.paused) this.connection.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.connection.state !== 'open') done(new Error('the connection is lost'))
    else if (this.connection.write(chunk)) done()
    else this.waiting = done
  }

  override _final(done: (error?: Error | null) => void): void {
    this.connection.end()
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (error === null) this.connection.close()
    else this.connection.abort(error)
    done(error)
  }

  private written(error: Error | null): void {
    const { waiting } = this
    this.waiting = null
    waiting?.(error)
  }
}
