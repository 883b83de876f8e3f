import type { OrderPolicy, ReadyEvents } from '@loop/core/lowlevel'
import type { SeededRandom } from './random.ts'

/**
 * Ranks that a tie can get: the most that the timer heap takes. Two of a tie share one in 4,096 draws, and then stay in
 * order.
 */
const RANKS = 2 ** 12

/** Microseconds are as fine as a delay needs to be, and can be read. */
const STEPS_PER_MS = 1000

/**
 * Decides by a seed what nobody promises: the order of equal deadlines, and of events that are ready at the same time;
 * and how much later than asked a timer is due, up to `jitter` times its delay.
 */
export function seededOrder(random: SeededRandom, jitter: number): OrderPolicy {
  const order: OrderPolicy = {
    tieRank: () => random.below(RANKS),
    orderEvents: (events: ReadyEvents) => random.shuffled(events),
  }
  if (jitter === 0) return order
  return {
    ...order,
    deadline: (now, asked) => {
      const most = (asked - now) * jitter
      // Half of them keep their time, so that ties remain.
      if (!(most > 0) || most === Infinity || random.below(2) === 0) return asked
      return asked + Math.round((random.below(LATENESSES) / LATENESSES) * most * STEPS_PER_MS) / STEPS_PER_MS
    },
  }
}

/** Steps between no lateness and the most. */
const LATENESSES = 2 ** 20
