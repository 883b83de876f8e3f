import type { Selector, Source } from '@loop/core'
import type { Interest, ReadyEvents, Registration, SelectorSupports, StreamIo, Token } from '@loop/core/lowlevel'
import { InvalidStateError, NotSupportedError } from '@loop/core'
import { READABLE, WRITABLE } from '@loop/core/lowlevel'
import { SystemError } from './errors.ts'
import { Engine } from './engine/engine.ts'
import { DescriptorRegistration } from './registration.ts'
import { NativeStreams } from './streams/native-streams.ts'
import type { Backend } from './support.ts'
import { requireBinding } from './support.ts'

/**
 * The longest wait that is handed to libuv, in milliseconds: 2^31 - 1, some 25 days. Longer ones end early, which is
 * allowed.
 */
const LONGEST_WAIT = 2 ** 31 - 1
/** The longest busy poll in microseconds; a longer one would starve Node's own work visibly. */
const LONGEST_BUSY_POLL = 1000
const NOTHING: ReadyEvents = []
const ANYTHING = READABLE | WRITABLE

/** Options of {@link NativeSelector}. */
export interface NativeSelectorOptions {
  /**
   * Which way to the kernel; default the platform's best: epoll, kqueue or uv. One the binary lacks is a
   * NotSupportedError.
   */
  readonly backend?: Backend
  /**
   * Microseconds (0 to 1000, default 0) to go on looking after a batch before the thread sleeps. Cuts the latency of a
   * lively conversation to a third, at the price of a core while it lasts; Node's own events wait meanwhile.
   */
  readonly busyPollUs?: number
}

/**
 * Watches raw descriptors and carries batched stream I/O, as a guest of Node's own loop.
 *
 * Readiness is level-triggered: a descriptor that was not read empty is reported again.
 *
 * @example
 * const loop = new EventLoop({ selector: new NativeSelector() })
 */
export class NativeSelector implements Selector {
  /** The backend in use: the one asked for, or `epoll` where the kernel refuses `io_uring`. */
  readonly name: Backend
  /** What the kernel answered when another backend than the one asked for is in use; undefined otherwise. */
  readonly refusal: SystemError | undefined
  readonly supports: SelectorSupports = { fd: true, pollable: false, streams: true }
  /** Batched stream and datagram I/O. */
  readonly streams: StreamIo
  private readonly engine: Engine
  private readonly asks: boolean
  private readonly byToken = new Map<Token, DescriptorRegistration>()
  private readonly descriptors = new Set<number>()
  private deliver: ((events: ReadyEvents) => void) | null = null

  /** Throws NativeUnavailableError where the addon can't be loaded; ask {@link isSupported} first. */
  constructor(options: NativeSelectorOptions = {}) {
    const binding = requireBinding()
    const { busyPollUs = 0 } = options
    if (!Number.isInteger(busyPollUs) || busyPollUs < 0 || busyPollUs > LONGEST_BUSY_POLL) {
      throw new RangeError(`busyPollUs must be a whole number from 0 to ${LONGEST_BUSY_POLL}, got ${busyPollUs}`)
    }
    const backend = options.backend ?? binding.backends[0]!
    if (!binding.backends.includes(backend)) {
      throw new NotSupportedError(`there is no backend ${backend} here; there are ${binding.backends.join(', ')}`)
    }
    this.engine = new Engine(binding, backend, busyPollUs, (events) => {
      const deliver = this.deliver
      this.deliver = null
      deliver?.(events)
    })
    this.name = binding.backend(this.engine.handle) as Backend
    this.asks = this.name !== 'uv'
    const refusal = binding.refusal(this.engine.handle)
    this.refusal = refusal === 0 ? undefined : new SystemError(refusal, 'io_uring_setup')
    this.streams = new NativeStreams(this.engine)
  }

  register(source: Source, interest: Interest, token: Token): void {
    this.checkOpen()
    checkInterest(interest)
    if (typeof source !== 'number') {
      throw new NotSupportedError(
        `the ${this.name} selector watches descriptors only; @loop/selector-poll watches pollable objects`,
      )
    }
    if (!Number.isInteger(source) || source < 0)
      throw new RangeError(`a descriptor is a whole number from 0, got ${source}`)
    if (this.byToken.has(token)) throw new InvalidStateError(`token ${token} is registered already`)
    if (this.descriptors.has(source))
      throw new InvalidStateError(`descriptor ${source} is registered already; modify it`)
    const registration = new DescriptorRegistration(this.engine, source, token)
    registration.setInterest(interest)
    this.byToken.set(token, registration)
    this.descriptors.add(source)
  }

  modify(token: Token, interest: Interest): void {
    this.checkOpen()
    checkInterest(interest)
    const registration = this.byToken.get(token)
    if (registration === undefined) throw new InvalidStateError(`token ${token} is not registered`)
    registration.setInterest(interest)
  }

  unregister(token: Token): boolean {
    const registration = this.byToken.get(token)
    if (registration === undefined) return false
    registration.drop()
    this.byToken.delete(token)
    this.descriptors.delete(registration.source)
    return true
  }

  wait(timeout: number | null, deliver: (events: ReadyEvents) => void): void {
    this.checkOpen()
    if (this.deliver !== null) throw new InvalidStateError('a wait is already armed')
    this.deliver = deliver
    this.engine.arm(timeout === null ? -1 : Math.min(Math.max(timeout, 0), LONGEST_WAIT))
  }

  wake(): void {
    if (!this.engine.closed) this.engine.native.wake(this.engine.handle)
  }

  /** Gives queued writes to the kernel, then returns what is ready right now. */
  poll(): ReadyEvents {
    return this.engine.closed ? [] : this.engine.look()
  }

  /** As {@link poll}, where the addon can ask the kernel itself. */
  again(): ReadyEvents {
    return this.asks && !this.engine.closed ? this.engine.look() : NOTHING
  }

  registered(): readonly Registration[] {
    return Array.from(this.byToken.values(), ({ token, source, interest }) => ({ token, source, interest }))
  }

  /** Closes every stream and forgets every descriptor; the descriptors themselves are the caller's. Repeatable. */
  close(): void {
    this.deliver = null
    this.byToken.clear()
    this.descriptors.clear()
    this.engine.close()
  }

  private checkOpen(): void {
    if (this.engine.closed) throw new InvalidStateError('the selector is closed')
  }
}

function checkInterest(interest: Interest): void {
  if ((interest & ~ANYTHING) !== 0) throw new RangeError(`an interest is READABLE, WRITABLE or both, got ${interest}`)
}
