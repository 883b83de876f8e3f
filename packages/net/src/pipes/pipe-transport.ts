/** What both directions of a pipe share: the life of the transport, and the protocol's calls, each a handle of the loop. */
import type { EventLoop, Future } from '@loop/core'
import { inspect } from 'node:util'
import type { BaseProtocol } from '../contracts/protocols.ts'
import type { OpenSocket } from '../node/open-sockets.ts'
import { openSockets } from '../node/open-sockets.ts'
import { callProtocol, toError } from '../base/transport-parts.ts'

/** The part of a protocol that both directions call. */
type PipeProtocol<T> = Pick<BaseProtocol<never>, 'connectionLost'> & { connectionMade?(transport: T): void }

/**
 * The life of a pipe's transport:
 *
 *     made ── close(), the end, or an error ──> closing ──> lost
 */
export abstract class PipeTransport<P extends PipeProtocol<never>> implements OpenSocket {
  protected closing = false
  protected lost = false
  private readonly whenMade: Future<void>

  constructor(
    protected readonly loop: EventLoop,
    private readonly pipe: unknown,
    protected protocol: P,
  ) {
    this.whenMade = loop.createFuture<void>()
    openSockets(loop).add(this)
    loop.callSoon(begin, this)
  }

  /** @internal Done once `connectionMade` was called. */
  made(): Future<void> {
    return this.whenMade
  }

  isClosing(): boolean {
    return this.closing
  }

  getProtocol(): P {
    return this.protocol
  }

  setProtocol(protocol: P): void {
    this.protocol = protocol
  }

  getExtraInfo(name: string, fallback?: unknown): unknown {
    return name === 'pipe' ? this.pipe : fallback
  }

  /** How it looks in a log. */
  [inspect.custom](): string {
    return `${this.constructor.name.replace(/^_/, '')}(${this.lost ? 'closed' : this.closing ? 'closing' : 'open'})`
  }

  /** @internal Calls `connectionMade`, once; reading begins after what that scheduled. */
  begin(): void {
    try {
      ;(this.protocol.connectionMade as ((transport: unknown) => void) | undefined)?.call(this.protocol, this)
    } catch (error) {
      this.fail(error, 'connectionMade')
    }
    this.started()
    if (!this.whenMade.done()) this.whenMade.setResult()
  }

  /** Reading or writing may begin. */
  protected abstract started(): void

  /** Ends it at once, because of `error` where there is one. */
  protected abstract breakOff(error: Error | undefined): void

  abstract drop(): void

  /** An exception of the protocol: reported, and the end of this pipe. */
  protected fail(thrown: unknown, method: string): void {
    this.loop.callExceptionHandler({
      message: `Fatal error: protocol.${method}() failed; its pipe is closed`,
      exception: thrown,
      transport: this,
      protocol: this.protocol,
    })
    this.breakOff(toError(thrown))
  }

  /** It is over: the protocol is told in a turn of its own, once. */
  protected conclude(error: Error | undefined): void {
    if (this.lost) return
    this.lost = this.closing = true
    openSockets(this.loop).delete(this)
    if (!this.loop.isClosed()) this.loop.callSoon(tellLost, this, error)
  }

  /** @internal */
  tellLost(error: Error | undefined): void {
    callProtocol(this as { getProtocol(): BaseProtocol<never> }, this.loop, 'connectionLost', error)
  }
}

interface Life {
  begin(): void
  tellLost(error: Error | undefined): void
}

function begin(transport: Life): void {
  transport.begin()
}

function tellLost(transport: Life, error: Error | undefined): void {
  transport.tellLost(error)
}
