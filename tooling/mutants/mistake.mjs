// One small mistake in one source, made as vitest loads it: no file is written, so that nothing is left behind when it is
// stopped. The mistake comes in LOOP_MUTANT, as run.mjs puts it there.

/** @typedef {{ file: string, from: string, to: string }} Mistake */

/**
 * A plugin for vite; it does nothing without LOOP_MUTANT.
 * @param {string | undefined} [text]
 */
export function mistake(text = process.env.LOOP_MUTANT) {
  const wanted = text === undefined ? null : /** @type {Mistake} */ (JSON.parse(text))
  return {
    name: 'loop-mistake',
    enforce: /** @type {const} */ ('pre'),
    transform(/** @type {string} */ code, /** @type {string} */ id) {
      if (wanted === null || !id.split('?', 1)[0]?.endsWith(`/${wanted.file}`)) return undefined
      return changed(code, wanted)
    },
  }
}

/**
 * Throws when the place is not there once.
 * @param {string} code @param {Mistake} mistake
 */
export function changed(code, { file, from, to }) {
  if (code.split(from).length !== 2) throw new Error(`${file} does not have once: ${from}`)
  return code.replace(from, () => to)
}
