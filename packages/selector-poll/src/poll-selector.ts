/**
 * Readiness by asking, in TypeScript alone.
 *
 * A look asks every *candidate* whether it is ready, so it is O(candidates), at worst O(n). Who is a candidate:
 *
 *     source with onReady:     from its notification (or registration) until a look finds it not ready
 *     source without onReady:  always
 *
 * So sources that notify cost nothing while idle, however many there are; a ready source stays a candidate, because
 * readiness is a level: it is reported again by each wait until it has been read. Sources that cannot notify are asked
 * while a wait is armed, at growing intervals, and only a source that is ready ends the wait.
 */
import type { Pollable, Source } from '@loop/core'
import type {
  Host,
  Interest,
  ReadyEvent,
  ReadyEvents,
  Registration,
  SelectorSupports,
  Token,
} from '@loop/core/lowlevel'
import { InvalidStateError, NotSupportedError } from '@loop/core'
import { HostSelector, nodeHost, READABLE, WRITABLE } from '@loop/core/lowlevel'
import { Backoff, checkSteps } from './backoff.ts'
import { PollRegistration } from './registration.ts'

/** Options of {@link PollSelector}. */
export interface PollSelectorOptions {
  /**
   * Milliseconds between two looks at sources without `onReady`: the first step after something was ready, then the
   * next, and so on; the last one repeats. Default 1, 2, 4, 8, 16, 32.
   */
  readonly backoff?: readonly number[]
  /** The runtime's timers. */
  readonly host?: Host
}

const ANYTHING = READABLE | WRITABLE
const NOTHING: ReadyEvents = []

/**
 * Watches {@link Pollable} objects: sockets and streams of Node, message ports, pipes in memory, and your own.
 *
 * ```ts
 * const loop = new EventLoop({ selector: new PollSelector() })
 * const source = watchStream(process.stdin)
 * loop.addReader(source, () => print(source.read()))
 * ```
 */
export class PollSelector extends HostSelector {
  override readonly name = 'poll'
  override readonly supports: SelectorSupports = { fd: false, pollable: true, streams: false }
  private readonly byToken = new Map<Token, PollRegistration>()
  private readonly bySource = new Map<Pollable, PollRegistration>()
  /** Sources that may be ready: asked at the next look. */
  private readonly candidates = new Set<PollRegistration>()
  /** How many sources cannot notify. */
  private silent = 0
  private readonly backoff: Backoff
  private armed = false
  private closed = false

  /** Throws RangeError for steps that are no positive numbers. */
  constructor(options: PollSelectorOptions = {}) {
    const host = options.host ?? nodeHost
    super(host)
    this.backoff = new Backoff(host, checkSteps(options.backoff), this.lookAgain)
  }

  /** Throws NotSupportedError for descriptors: nothing in TypeScript can ask one of those. */
  override register(source: Source, interest: Interest, token: Token): void {
    this.checkOpen()
    checkInterest(interest)
    const pollable = checkSource(source)
    if (this.byToken.has(token)) throw new InvalidStateError(`token ${token} is already registered`)
    if (this.bySource.has(pollable)) throw new InvalidStateError('the source is already registered; use modify')
    const registration = new PollRegistration(pollable, interest, token, this.changed)
    this.byToken.set(token, registration)
    this.bySource.set(pollable, registration)
    if (!registration.notifies) this.silent++
    this.changed(registration)
  }

  override modify(token: Token, interest: Interest): void {
    checkInterest(interest)
    const registration = this.byToken.get(token)
    if (registration === undefined) throw new InvalidStateError(`token ${token} is not registered`)
    registration.interest = interest
    this.changed(registration)
  }

  override unregister(token: Token): boolean {
    const registration = this.byToken.get(token)
    if (registration === undefined) return false
    this.byToken.delete(token)
    this.bySource.delete(registration.source)
    this.candidates.delete(registration)
    if (!registration.notifies) this.silent--
    registration.stop()
    return true
  }

  override wait(timeout: number | null, deliver: (events: ReadyEvents) => void): void {
    this.checkOpen()
    const ready = timeout !== 0 && this.anyReady()
    super.wait(ready ? 0 : timeout, deliver)
    this.armed = true
    if (!ready && timeout !== 0 && this.silent > 0) this.backoff.start()
  }

  /** What is ready right now, in the order of registration or notification. */
  poll(): ReadyEvents {
    if (this.candidates.size === 0) return NOTHING
    const events: ReadyEvent[] = []
    for (const registration of this.candidates) {
      const ready = registration.ask()
      if (ready !== 0) events.push({ token: registration.token, ready })
      // One that cannot notify stays a candidate for ever.
      else if (registration.notifies) this.candidates.delete(registration)
    }
    if (events.length > 0) this.backoff.reset()
    return events
  }

  /** What is registered, for diagnostics. */
  registered(): readonly Registration[] {
    return Array.from(this.byToken.values(), ({ token, source, interest }) => ({ token, source, interest }))
  }

  /**
   * Stops watching everything; the sources stay the caller's. Repeatable. When a source throws as it is let go, the
   * others are let go all the same, and the first of the errors is thrown at the end.
   */
  override close(): void {
    this.closed = true
    const errors: unknown[] = []
    for (const { token } of this.registered()) {
      try {
        this.unregister(token)
      } catch (error) {
        errors.push(error)
      }
    }
    this.backoff.stop()
    super.close()
    if (errors.length > 0) throw errors[0]
  }

  protected override collect(): ReadyEvents {
    this.armed = false
    this.backoff.stop()
    return this.poll()
  }

  /** A source may have become ready, or is wanted for something else. */
  private readonly changed = (registration: PollRegistration): void => {
    if (this.byToken.get(registration.token) !== registration) return
    this.candidates.add(registration)
    if (this.armed && registration.ask() !== 0) this.wake()
    else if (this.armed && this.silent > 0) this.backoff.start()
  }

  /** Between two steps of the back-off: ends the wait when something is ready. */
  private readonly lookAgain = (): void => {
    if (this.anyReady()) this.wake()
    else this.backoff.next()
  }

  private anyReady(): boolean {
    for (const registration of this.candidates) {
      if (registration.ask() !== 0) return true
      if (registration.notifies) this.candidates.delete(registration)
    }
    return false
  }

  private checkOpen(): void {
    if (this.closed) throw new InvalidStateError('the selector is closed')
  }
}

function checkInterest(interest: Interest): void {
  if ((interest & ~ANYTHING) !== 0) throw new RangeError(`an interest is READABLE, WRITABLE or both, got ${interest}`)
}

function checkSource(source: Source): Pollable {
  if (typeof source === 'number') {
    throw new NotSupportedError(
      `descriptor ${source} cannot be polled from TypeScript; @loop/selector-native watches descriptors, watchStream() a stream over one`,
    )
  }
  if (typeof source !== 'object' || source === null || typeof source.poll !== 'function') {
    throw new TypeError(
      'a source is an object with poll(interest): interest; adapters are watchStream, watchPort and memoryDuplex',
    )
  }
  return source
}
