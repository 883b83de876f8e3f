import type { Clock } from '@loop/core'
import { EventLoop } from '@loop/core'
import { DeterministicExecutor, seededOrder } from '@loop/policy'
import type { Random } from '../random.ts'
import type { HostClock } from './host-clock.ts'
import type { HostSelector } from './host-selector.ts'

/** Work of a host's executor takes 1 to 10 ms: any spread lets two pieces that overlap end in either order. */
const LONGEST_WORK_MS = 10

/** The loop of a simulated host. */
export class SimulatedLoop extends EventLoop {
  constructor(parts: {
    readonly clock: HostClock
    readonly selector: HostSelector
    readonly random: Random
    readonly jitter: number
    readonly wall: Clock
  }) {
    const { clock, selector, random, jitter, wall } = parts
    super({ clock, selector, budgetMs: 0, slowCallbackMs: Infinity, order: seededOrder(random.fork('order'), jitter) })
    this.wall = wall
    const work = random.fork('executor')
    this.setDefaultExecutor(new DeterministicExecutor(this, () => 1 + work.below(LONGEST_WORK_MS)))
  }

  private readonly wall: Clock

  /** The host's wall clock, which may be wrong. */
  override get wallClock(): Clock {
    return this.wall
  }
}
