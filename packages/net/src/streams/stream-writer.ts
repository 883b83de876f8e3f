import type { Awaitable, Coroutine, EventLoop } from '@loop/core'
import { coroutine } from '@loop/core'
import type { ExtraInfo, Transport } from '../contracts/protocols.ts'
import type { StartTlsOptions } from '../contracts/tls-times.ts'
import type { StreamTransport } from '../transports/stream-transport.ts'
import type { ReaderProtocol } from './reader-protocol.ts'

/** Nothing to wait for: a native promise, which `await` takes fastest, and nothing to suspend for in a generator. */
const NOW = Object.assign(Promise.resolve(), {
  [Symbol.iterator]: (): Iterator<never, void> => ({ next: () => ({ done: true, value: undefined }) }),
}) as unknown as Awaitable<void>

/**
 * The writing side of a stream.
 *
 * ```ts
 * writer.write(bytes)
 * await writer.drain()
 * ```
 *
 * `write` never waits; `drain` waits while the peer is behind, so that memory stays bounded.
 */
export class StreamWriter implements AsyncDisposable {
  /** @internal Use `openConnection` or `startServer`. */
  constructor(
    readonly transport: Transport,
    private readonly protocol: ReaderProtocol,
    _loop: EventLoop,
  ) {}

  /** As {@link Transport.write}; a text is written as UTF-8. */
  write(data: Uint8Array | string): void {
    this.transport.write(typeof data === 'string' ? Buffer.from(data) : data)
  }

  /** As {@link Transport.writeLines}; texts are written as UTF-8, and no line ends are added. */
  writeLines(list: Iterable<Uint8Array | string>): void {
    this.transport.writeLines(Array.from(list, (each) => (typeof each === 'string' ? Buffer.from(each) : each)))
  }

  /** As {@link Transport.writeEof}. */
  writeEof(): void {
    this.transport.writeEof()
  }

  /** As {@link Transport.canWriteEof}. */
  canWriteEof(): boolean {
    return this.transport.canWriteEof()
  }

  /**
   * Waits until what was written has fallen to the low-water mark; not at all when it never rose above the high one.
   * Throws ConnectionLostError when the connection is lost, also by an own `close`: there is nothing to go on with then.
   */
  drain(): Awaitable<void> {
    return this.protocol.drained(this.transport.isClosing()) ?? NOW
  }

  /** As {@link Transport.flush}. */
  flush(): void {
    this.transport.flush()
  }

  /**
   * Begins TLS on this connection: see {@link Transport.startTls}. What the reader has and nobody has read is taken for
   * a part of the handshake.
   *
   * ```ts
   * writer.write(Buffer.from('220 go ahead\\r\\n'))
   * await writer.startTls({ key, cert })
   * ```
   */
  startTls(options: StartTlsOptions = {}): Awaitable<void> {
    return coroutine(this.starting(options))
  }

  /** Closes after what was written; wait for it with `waitClosed`. Repeatable. */
  close(): void {
    this.transport.close()
  }

  /** Whether it is closing or closed. */
  isClosing(): boolean {
    return this.transport.isClosing()
  }

  /** Waits until the connection is closed. Throws what broke it, if anything did. */
  waitClosed(): Awaitable<void> {
    return coroutine(this.waiting())
  }

  /** As {@link Transport.getExtraInfo}. */
  getExtraInfo<K extends keyof ExtraInfo & string>(name: K, fallback?: ExtraInfo[K]): ExtraInfo[K] | undefined {
    return this.transport.getExtraInfo(name, fallback)
  }

  /** As `close` and `waitClosed`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
    await this.waitClosed()
  }

  private *starting(options: StartTlsOptions): Coroutine<void> {
    yield* (this.transport as StreamTransport).secure(options, () => this.protocol.reader.takeUnread())
    this.protocol.secured()
  }

  private *waiting(): Coroutine<void> {
    const error = yield* this.protocol.lost()
    if (error !== null) throw error
  }
}
