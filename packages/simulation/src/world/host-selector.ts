import type { Selector } from '@loop/core'
import type { ReadyEvent, ReadyEvents, Resolver, StreamIo } from '@loop/core/lowlevel'
import { InvalidStateError, NotSupportedError } from '@loop/core'
import { READABLE } from '@loop/core/lowlevel'
import { AsyncResource } from 'node:async_hooks'
import type { HostClock } from './host-clock.ts'

/** Who decides when a host's loop takes its next turn. */
export interface Turns {
  now(): number
  /** A turn has ended: the host waits again. */
  armed(selector: HostSelector): void
}

/**
 * The selector of a simulated host. Its waits are noted; the world delivers them, one host at a time, at the times of
 * the world.
 */
export class HostSelector implements Selector {
  readonly name = 'simulated'
  readonly supports = { fd: false, pollable: false, streams: true }
  /** World time at which the wait ends by itself. */
  dueAt = Infinity
  private deliver: ((events: ReadyEvents) => void) | null = null
  private events: ReadyEvent[] = []
  private woken = false
  private dead = false
  /** Turns run in the async context in which the loop was started. */
  private context: AsyncResource | null = null

  constructor(
    private readonly turns: Turns,
    private readonly clock: HostClock,
    readonly streams: StreamIo,
    readonly resolver: Resolver,
  ) {}

  register(): void {
    throw new NotSupportedError(
      'a simulated host has no descriptors to watch: use @loop/net, whose connections are simulated',
    )
  }

  modify(token: number): void {
    throw new InvalidStateError(`token ${token} is not registered`)
  }

  unregister(): boolean {
    return false
  }

  wait(timeoutMs: number | null, deliver: (events: ReadyEvents) => void): void {
    if (this.dead) return
    if (this.deliver !== null) throw new InvalidStateError('a wait is armed already')
    this.context ??= new AsyncResource('SimulatedHost', { requireManualDestroy: true })
    this.deliver = deliver
    this.dueAt = timeoutMs === null ? Infinity : this.clock.worldTimeAfter(timeoutMs)
    this.turns.armed(this)
  }

  wake(): void {
    this.woken = true
  }

  close(): void {
    this.deliver = null
    this.events = []
    this.dueAt = Infinity
  }

  /** Nothing is delivered any more. */
  kill(): void {
    this.dead = true
    this.close()
  }

  /** Has `run` called as one handle of the host's next turn. */
  post(run: () => void): void {
    if (!this.dead) this.events.push({ token: 0, ready: READABLE, run })
  }

  /** Whether a wait is armed. */
  get isArmed(): boolean {
    return this.deliver !== null
  }

  /** Whether the host has something to do now. */
  get isReady(): boolean {
    return this.deliver !== null && (this.woken || this.events.length > 0 || this.dueAt <= this.turns.now())
  }

  /** Runs one turn. */
  turn(): void {
    const { deliver, events, context } = this
    this.deliver = null
    this.dueAt = Infinity
    this.woken = false
    if (events.length > 0) this.events = []
    context!.runInAsyncScope(deliver!, undefined, events)
  }
}
