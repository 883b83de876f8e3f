import type { OrderPolicy, ReadyEvents } from '@loop/core'
import type { SeededRandom } from './random.ts'

/** Ranks that a tie can get: the most that the timer heap takes. Two of a tie share one in 4,096 draws, and then stay in order. */
const RANKS = 2 ** 12

/** Decides by a seed what nobody promises: the order of equal deadlines, and of events that are ready at the same time. */
export function seededOrder(random: SeededRandom): OrderPolicy {
  return {
    tieRank: () => random.below(RANKS),
    orderEvents: (events: ReadyEvents) => random.shuffled(events),
  }
}
