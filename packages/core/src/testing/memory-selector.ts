import type {
  Interest,
  Pollable,
  ReadyEvent,
  ReadyEvents,
  Registration,
  SelectorSupports,
  Source,
  Token,
} from '../contracts/selector.ts'
import { InvalidStateError, NotSupportedError } from '../base/errors.ts'
import { HostSelector } from '../host/host-selector.ts'
import type { Host } from '../host/host.ts'
import { nodeHost } from '../host/host.ts'
import type { VirtualClock } from './virtual-clock.ts'

/**
 * A selector in virtual time: a wait moves the clock to its end and delivers at once. It watches {@link Pollable}
 * objects in memory, and waits for them or for `wake` when there is no deadline.
 */
export class MemorySelector extends HostSelector {
  override readonly name = 'memory'
  override readonly supports: SelectorSupports = { fd: false, pollable: true, streams: false }
  private readonly registrations = new Map<Token, Registration & { source: Pollable; stop: () => void }>()
  private deadline: number | null = null

  constructor(
    private readonly clock: VirtualClock,
    host: Host = nodeHost,
  ) {
    super(host)
  }

  override register(source: Source, interest: Interest, token: Token): void {
    if (typeof source === 'number')
      throw new NotSupportedError('the memory selector watches pollable objects, not descriptors')
    if (this.registrations.has(token)) throw new InvalidStateError(`token ${token} is already registered`)
    for (const known of this.registrations.values()) {
      if (known.source === source) throw new InvalidStateError('the source is already registered; use modify')
    }
    const stop = source.onReady?.(() => {
      this.wake()
    })
    this.registrations.set(token, { source, interest, token, stop: stop ?? (() => {}) })
    this.wake()
  }

  override modify(token: Token, interest: Interest): void {
    const known = this.registrations.get(token)
    if (known === undefined) throw new InvalidStateError(`token ${token} is not registered`)
    this.registrations.set(token, { ...known, interest })
    this.wake()
  }

  override unregister(token: Token): boolean {
    this.registrations.get(token)?.stop()
    return this.registrations.delete(token)
  }

  override wait(timeoutMs: number | null, deliver: (events: ReadyEvents) => void): void {
    this.deadline = timeoutMs === null ? null : this.clock.now() + timeoutMs
    super.wait(timeoutMs === null && this.poll().length === 0 ? null : 0, deliver)
  }

  override close(): void {
    for (const { stop } of this.registrations.values()) stop()
    this.registrations.clear()
    super.close()
  }

  /** The events that are ready now. */
  poll(): ReadyEvents {
    const events: ReadyEvent[] = []
    for (const { source, interest, token } of this.registrations.values()) {
      const ready = source.poll(interest) & interest
      if (ready !== 0) events.push({ token, ready })
    }
    return events
  }

  registered(): readonly Registration[] {
    return [...this.registrations.values()].map(({ source, interest, token }) => ({ source, interest, token }))
  }

  protected override collect(): ReadyEvents {
    const events = this.poll()
    if (events.length === 0 && !this.wasWoken && this.deadline !== null) this.clock.moveTo(this.deadline)
    this.deadline = null
    return events
  }
}
