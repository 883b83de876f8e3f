import { styleText } from 'node:util'
import type { Performance } from './perform.ts'
import type { Expected, Program } from './program.ts'

type Style = Parameters<typeof styleText>[0]

/** Paints texts when `colours`, else returns them as they are. */
export const painter = (colours: boolean) => (style: Style, text: string) => (colours ? styleText(style, text) : text)

export type Paint = ReturnType<typeof painter>

/** A program before it runs: id, title and idea. */
export const showProgram = (program: Program, paint: Paint): string =>
  `${paint('bold', program.id.padEnd(4))} ${paint('bold', program.title)}\n     ${paint('dim', program.idea)}`

/** What came of a program: a mark, the form, its time, its output; on a mismatch what was expected. */
export function showPerformance({ program, form, lines, problem, ms }: Performance, paint: Paint): string {
  const mark = problem === null ? paint('green', '✓') : paint('red', '✗')
  const time = `${Math.round(ms)} ms`.padStart(8)
  const margin = `     ${' '.repeat('✓ generator'.length + time.length + 2)}`
  const output = lines.length === 0 ? '(no output)' : lines.join(`\n${margin}`)
  const line = `     ${mark} ${(form === 'alone' ? '' : form).padEnd(9)}${paint('dim', time)}  ${output}`
  return problem === null
    ? line
    : `${line}\n     ${paint('red', problem)}\n     expected: ${showExpected(program.expected)}`
}

/** What came of a program in one line: a mark, its title, and the time of all its forms together. */
export function showLine(program: Program, results: readonly Performance[], paint: Paint): string {
  const failed = results.some(({ problem }) => problem !== null)
  const ms = results.reduce((sum, result) => sum + result.ms, 0)
  const mark = failed ? paint('red', '✗') : paint('green', '✓')
  return `  ${mark} ${paint('bold', program.id.padEnd(3))} ${program.title.padEnd(TITLE)} ${paint('dim', `${Math.round(ms)} ms`.padStart(8))}`
}

/** Columns for titles, so that the times stand below each other: the longest has 53 letters. */
const TITLE = 54

const showExpected = (expected: Expected) =>
  typeof expected === 'function'
    ? 'see the program'
    : expected.length === 0
      ? '(no output)'
      : expected.map(String).join(' | ')

/** The list of programs, a line each, under the headings of their sections. */
export function showList(programs: readonly Program[], paint: Paint): string {
  return programs
    .flatMap((program, i) => [
      ...(program.section === programs[i - 1]?.section
        ? []
        : [`${i === 0 ? '' : '\n'}${paint('underline', program.section)}`]),
      `${program.id.padEnd(4)} ${program.title}`,
    ])
    .join('\n')
}

/** A performance as `--json` prints it. */
export const toJson = ({ program: { id, section, title }, form, lines, problem, ms }: Performance) => ({
  id,
  section,
  title,
  form,
  lines,
  ok: problem === null,
  problem,
  ms: Math.round(ms),
})
