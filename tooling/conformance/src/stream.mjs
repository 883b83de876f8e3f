/** Programs with CPython's traces, in order of their seeds; the oracle works ahead while earlier ones are compared. */
import { generate } from './generate.mjs'

/** @typedef {{ program: import('./program.mjs').Program, expected: string[] }} Case */

// Enough to keep the oracle busy while a program runs here, and little enough to be thrown away at a difference.
const AHEAD = 200

/**
 * Cases for ever; programs that cannot be compared (ties, endless callbacks) are counted in `skipped` and left out.
 *
 * @param {import('./oracle.mjs').Oracle} oracle
 * @param {number} seed the first
 * @param {import('./generate.mjs').Profile} profile
 * @param {{ skipped: number }} [count]
 * @returns {AsyncGenerator<Case, never>}
 */
export async function* cases(oracle, seed, profile, count = { skipped: 0 }) {
  const ask = () => {
    const program = generate(seed++, profile)
    return { program, answer: oracle.run(program) }
  }
  const asked = Array.from({ length: AHEAD }, ask)
  for (;;) {
    asked.push(ask())
    const { program, answer } = /** @type {ReturnType<typeof ask>} */ (asked.shift())
    const result = await answer
    if ('skip' in result) count.skipped++
    else yield { program, expected: result.trace }
  }
}
