/** A fact in words: "echo of small messages: 1.6 × as fast as node:net, 0.9 × as fast as C". */
import { spread, times } from '../format.mjs'

/** @param {import('@loop/bench-kit').Fact} fact */
export const factSentence = ({ what, ratios }) =>
  `${what}: ${ratios
    .map(
      ({ against, value, min, max }) =>
        `${times(value)} as fast as ${against}${min === max ? '' : ` (${spread({ min, max })})`}`,
    )
    .join(', ')}`
