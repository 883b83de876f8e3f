import type { Interest, ReadyEvents, Selector, SelectorSupports, Source, Token } from '../contracts/selector.ts'
import { InvalidStateError, NotSupportedError } from '../base/errors.ts'
import type { Host, HostTimer } from './host.ts'
import { nodeHost } from './host.ts'

/**
 * The longest wait that a host timer takes, in milliseconds: 2^31 - 1, some 25 days. Longer waits end early, which is
 * allowed.
 */
const LONGEST_TIMER = 2 ** 31 - 1
const NOTHING: ReadyEvents = []

/**
 * The selector of a loop that does no I/O of its own: it sleeps on the host's timers, and the host's own I/O
 * (streams, fetch, message ports) goes on meanwhile.
 */
export class HostSelector implements Selector {
  readonly name: string = 'host'
  readonly supports: SelectorSupports = { fd: false, pollable: false, streams: false }
  private deliver: ((events: ReadyEvents) => void) | null = null
  private timer: HostTimer = null
  private immediate: HostTimer = null
  private woken = false

  constructor(protected readonly host: Host = nodeHost) {}

  register(_source: Source, _interest: Interest, _token: Token): void {
    throw new NotSupportedError(
      `the ${this.name} selector watches no sources; give the loop one from @loop/selector-poll or @loop/selector-native`,
    )
  }

  modify(token: Token, _interest: Interest): void {
    throw new InvalidStateError(`token ${token} is not registered`)
  }

  unregister(_token: Token): boolean {
    return false
  }

  wait(timeoutMs: number | null, deliver: (events: ReadyEvents) => void): void {
    if (this.deliver !== null) throw new InvalidStateError('a wait is already armed')
    this.deliver = deliver
    if (this.woken || timeoutMs === 0) this.armImmediate()
    // Rounded up: a timer that fires early would only cost an empty turn.
    else this.timer = this.host.timer(this.finish, Math.min(Math.ceil(timeoutMs ?? LONGEST_TIMER), LONGEST_TIMER))
  }

  wake(): void {
    this.woken = true
    if (this.deliver === null || this.immediate !== null) return
    this.disarm()
    this.armImmediate()
  }

  close(): void {
    this.disarm()
    this.deliver = null
  }

  /** Whether the wait that ends now was ended by `wake`. */
  protected get wasWoken(): boolean {
    return this.woken
  }

  /** The events to deliver; a selector built on this one adds its own. */
  protected collect(): ReadyEvents {
    return NOTHING
  }

  private readonly finish = (): void => {
    const { deliver } = this
    this.timer = null
    this.immediate = null
    this.deliver = null
    const events = this.collect()
    this.woken = false
    deliver?.(events)
  }

  private armImmediate(): void {
    this.immediate = this.host.immediate(this.finish)
  }

  private disarm(): void {
    if (this.timer !== null) this.host.clearTimer(this.timer)
    if (this.immediate !== null) this.host.clearImmediate(this.immediate)
    this.timer = null
    this.immediate = null
  }
}
