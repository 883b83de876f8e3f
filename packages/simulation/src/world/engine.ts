/**
 * The world's time, and whose turn it is.
 *
 *     a host is ready ─> the seed picks one ─> one turn of its loop ─┐
 *          ▲                                                        │
 *          └────────────────────────────────────────────────────────┘
 *     none is ─> settle: Node goes round its own loop ─> time jumps to the next event or deadline ─> its events happen
 *                                                  └──> there is none: the world is at rest
 *
 * One host runs at a time, and the next only when it waits again: so code of two hosts never mixes. Settling lets what
 * takes no real time, but goes through Node (a stream's ticks, a few setImmediate), happen before time moves.
 */
import { nodeHost, TimerHeap } from '@loop/core/lowlevel'
import type { TimerItem } from '@loop/core/lowlevel'
import { AsyncResource } from 'node:async_hooks'
import process from 'node:process'
import { TimeLimitError, WorldAtRestError, WorldSpinsError } from '../errors.ts'
import type { Random } from '../random.ts'
import type { HostSelector, Turns } from './host-selector.ts'

/** Rounds of Node's loop before time jumps: each costs a microsecond, and code seldom nests more immediates. */
const SETTLE_ROUNDS = 3
/** Real milliseconds after which Node gets its thread back, so that what else it has to do is not held up. */
const SLICE_MS = 5
/** The real time is asked for once in so many turns. */
const LOOK_EVERY = 64
/** Turns at one time after which something is said to spin: about a second, and no program takes as many for work. */
const MOST_TURNS = 500_000
/** Real milliseconds for which a world at rest waits for promises from outside, such as real I/O. */
const PATIENCE_MS = 1000

/** Something that will happen in the world. */
export class WorldEvent implements TimerItem {
  sequence = 0
  private off = false

  constructor(
    readonly deadline: number,
    readonly happen: () => void,
    private readonly heap: TimerHeap<WorldEvent>,
  ) {}

  cancelled(): boolean {
    return this.off
  }

  /** It will not happen. */
  cancel(): void {
    if (this.off) return
    this.off = true
    this.heap.noteCancelled()
  }

  /** It happens now. */
  due(): void {
    this.off = true
    this.happen()
  }
}

/** A host, as far as turns go. */
export interface Runner {
  /** Null while it is down. */
  readonly selector: HostSelector | null
  /** Whether it is up and not paused. */
  readonly isRunning: boolean
  readonly index: number
}

/** What the engine asks and tells the world. */
export interface EngineEvents {
  /** A turn of a host begins. */
  turn(runner: Runner): void
  /** A turn of a host has ended. */
  turned(): void
  /** Says what its hosts wait for, when nothing can happen. */
  describeRest(): string
  /** Whether a host waits for promises from outside. */
  waitsOutside(): boolean
  /** A name for people. */
  nameOf(runner: Runner): string
  /** The engine cannot go on. */
  failed(error: Error): void
  /** The last thing that the engine does. */
  ended(): void
}

/** The driver of a world. */
export class Engine implements Turns {
  /** Hosts in order of creation. */
  readonly runners: Runner[] = []
  turns = 0
  jumps = 0
  private time = 0
  private readonly events = new TimerHeap<WorldEvent>()
  private over = false
  private settled = 0
  private turnsNow = 0
  private waitingSince: number | null = null
  /** Whose turn goes on in Node's ticks. */
  private turning: Runner | null = null
  private inTurn: Runner | null = null
  private readonly context = new AsyncResource('Simulation', { requireManualDestroy: true })
  private readonly resources = activeResources()

  constructor(
    private readonly random: Random,
    /** Time of the world at which it has to have ended. */
    private readonly limit: number,
    private readonly world: EngineEvents,
  ) {}

  /** Milliseconds since the world began. */
  now(): number {
    return this.time
  }

  /** Has `happen` called in `ms` milliseconds of the world, outside of all hosts. */
  after(ms: number, happen: () => void): WorldEvent {
    const event = new WorldEvent(this.time + Math.max(0, ms), happen, this.events)
    this.events.push(event)
    return event
  }

  start(): void {
    this.next()
  }

  /** Nothing happens after what happens now. */
  end(): void {
    this.over = true
    if (this.turning !== null) this.goOn()
  }

  armed(selector: HostSelector): void {
    if (this.turning?.selector === selector) this.goOn()
  }

  /** A host has gone down in its own turn, or its loop ended. */
  left(runner: Runner): void {
    if (this.turning === runner) this.goOn()
  }

  private goOn(): void {
    this.turning = null
    this.world.turned()
    this.context.runInAsyncScope(this.next, this)
  }

  private next(): void {
    setImmediate(this.pump)
  }

  private readonly pump = (): void => {
    try {
      if (this.runSlice()) this.next()
    } catch (error) {
      this.world.failed(error as Error)
      this.over = true
      this.next()
    }
  }

  /** Goes on for a while; false when somebody else calls `next`, or nobody does. */
  private runSlice(): boolean {
    const end = nodeHost.now() + SLICE_MS
    for (let count = 1; ; count++) {
      if (this.over) {
        this.world.ended()
        return false
      }
      const runner = this.pick()
      if (runner === null) {
        if (this.settled++ < SETTLE_ROUNDS) return true
        if (!this.jump()) return this.rest()
        continue
      }
      this.turn(runner)
      if (runner.selector?.isArmed === false) {
        this.turning = runner
        return false
      }
      this.world.turned()
      if (count % LOOK_EVERY === 0 && nodeHost.now() > end) return true
    }
  }

  private turn(runner: Runner): void {
    this.settled = 0
    this.waitingSince = null
    this.turns++
    if (++this.turnsNow > MOST_TURNS)
      throw new WorldSpinsError(
        `time stands still at ${this.time} ms: ${this.world.nameOf(runner)} and others have taken ${MOST_TURNS} turns at this moment`,
      )
    this.world.turn(runner)
    this.inTurn = runner
    try {
      runner.selector!.turn()
    } finally {
      this.inTurn = null
    }
  }

  /** Whether a turn of this host goes on. */
  isTurnOf(runner: Runner): boolean {
    return this.inTurn === runner || this.turning === runner
  }

  /** One of the hosts that have something to do. */
  private pick(): Runner | null {
    let found: Runner | null = null
    let count = 0
    for (const runner of this.runners) {
      if (!runner.isRunning || !runner.selector!.isReady) continue
      count++
      // Each of the ready ones with the same probability.
      if (count === 1 || this.random.below(count) === 0) found = runner
    }
    return found
  }

  /** Moves the time on to what happens next. */
  private jump(): boolean {
    let next = this.events.nextDeadline()
    for (const { isRunning, selector } of this.runners) if (isRunning) next = Math.min(next, selector!.dueAt)
    if (next === Infinity) return false
    if (next > this.limit)
      throw new TimeLimitError(
        `the simulation has not ended after ${this.limit} ms of virtual time (option "limit"). ${this.world.describeRest()}`,
      )
    if (next > this.time) this.turnsNow = 0
    this.time = Math.max(this.time, next)
    this.jumps++
    this.settled = 0
    for (;;) {
      const event = this.events.popDue(this.time)
      if (event === undefined || this.over) return true
      event.due()
    }
  }

  /** Nothing can happen, unless something from outside does. */
  private rest(): boolean {
    const now = nodeHost.now()
    this.waitingSince ??= now
    const outside = this.world.waitsOutside() || activeResources() > this.resources
    if (outside && now - this.waitingSince < PATIENCE_MS) {
      setTimeout(this.pump, 1)
      return false
    }
    throw new WorldAtRestError(
      `at ${this.time} ms nothing can happen any more: nothing is on the way, and no host has a timer. ${this.world.describeRest()}`,
    )
  }
}

/** How much Node has under way, as far as it says. */
function activeResources(): number {
  const { getActiveResourcesInfo } = process as { getActiveResourcesInfo?: () => string[] }
  return getActiveResourcesInfo?.().filter((name) => name !== 'Immediate' && name !== 'Timeout').length ?? 0
}
