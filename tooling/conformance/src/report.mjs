/** A difference as a person reads it: the seed, both sources, both traces. */
import { firstDifference } from './compare.mjs'
import { toJavaScript } from './print-javascript.mjs'
import { toPython } from './print-python.mjs'

/** @typedef {{ program: import('./program.mjs').Program, form: import('./print-javascript.mjs').Form, expected: string[], actual: string[] }} Difference */

/** @param {Difference} difference */
export function describe({ program, form, expected, actual }) {
  return [
    `A difference: seed ${String(program.seed)}, ${form} form, shrunk.`,
    title('Python'),
    toPython(program),
    title('JavaScript'),
    toJavaScript(program, form),
    title('traces: turn, time, label, values'),
    sideBySide(expected, actual),
  ].join('\n')
}

/** @param {string} text */
const title = (text) => `---------------- ${text}`

/** @param {string[]} expected @param {string[]} actual */
function sideBySide(expected, actual) {
  const width = Math.max(8, ...expected.map((line) => line.length))
  const wrong = firstDifference(expected, actual)
  const lines = [`   ${'CPython'.padEnd(width)}  core`]
  for (let i = 0; i < Math.max(expected.length, actual.length); i++) {
    lines.push(`${i === wrong ? '=>' : '  '} ${(expected[i] ?? '').padEnd(width)}  ${actual[i] ?? ''}`)
  }
  return lines.join('\n')
}
