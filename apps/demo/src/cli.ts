import { choose, UnknownProgramError } from './catalog.ts'
import { help, type Options, parseOptions } from './options.ts'
import { formsOf, perform, type Performance } from './perform.ts'
import { type Paint, showLine, showList, showPerformance, showProgram, toJson } from './show.ts'
import type { Program } from './program.ts'

/** Where the command line's output goes. */
export interface Screen {
  /** Shows a result. */
  say(text: string): void
  /** Shows what is wrong with the command line. */
  complain(text: string): void
  readonly paint: Paint
}

/** The process's exit code: 0 = all as expected, 1 = some output was not, 2 = the command line was wrong. */
export type ExitCode = 0 | 1 | 2

/** Does what the arguments after the script's name ask for. */
export async function main(args: readonly string[], all: readonly Program[], screen: Screen): Promise<ExitCode> {
  let options: Options
  let programs: readonly Program[]
  try {
    options = parseOptions(args)
    programs = choose(all, options.ids)
  } catch (error) {
    const more = error instanceof UnknownProgramError ? showList(all, screen.paint) : help
    screen.complain(`${String(error)}\n\n${more}`)
    return 2
  }
  if (options.command === 'run') return await tour(programs, options, screen)
  screen.say(options.command === 'help' ? help : list(programs, options, screen))
  return 0
}

function list(programs: readonly Program[], { json }: Options, { paint }: Screen): string {
  const plain = programs.map(({ id, section, title, idea }) => ({ id, section, title, idea }))
  return json ? JSON.stringify(plain, null, 2) : showList(programs, paint)
}

/**
 * Programs that the tour begins with, because they show best what there is no other way to get: a race that is found and
 * comes back by its seed, a server whose workers clean up, and a deadlock that names its tasks.
 */
const HIGHLIGHTS: readonly string[] = ['D4', 'G1', 'D5']

/** Runs programs one after the other, each in all its forms. */
async function tour(programs: readonly Program[], { json, full, ids }: Options, screen: Screen): Promise<ExitCode> {
  const results: Performance[] = []
  const run = async (program: Program, show?: (result: Performance) => void) => {
    const own: Performance[] = []
    for (const form of formsOf(program)) {
      own.push(await perform(program, form))
      show?.(own.at(-1)!)
    }
    results.push(...own)
    return own
  }
  const { say, paint } = screen
  const inFull = async (program: Program) => {
    say(showProgram(program, paint))
    await run(program, (result) => {
      say(showPerformance(result, paint))
    })
  }

  if (json) {
    for (const program of programs) await run(program)
    say(JSON.stringify(results.map(toJson), null, 2))
  } else if (full || ids.length > 0) {
    for (const [i, program] of programs.entries()) {
      sayHeading(program, programs[i - 1], screen)
      await inFull(program)
    }
  } else {
    const highlights = HIGHLIGHTS.flatMap((id) => programs.filter((program) => program.id === id))
    for (const program of highlights) {
      await inFull(program)
      say('')
    }
    const others = programs.filter((program) => !highlights.includes(program))
    for (const [i, program] of others.entries()) {
      sayHeading(program, others[i - 1], screen)
      const own = await run(program)
      say(showLine(program, own, paint))
      for (const result of own) if (result.problem !== null) say(showPerformance(result, paint))
    }
  }

  const failed = results.filter(({ problem }) => problem !== null)
  if (!json) say(summary(results.length, failed, full || ids.length > 0))
  return failed.length === 0 ? 0 : 1
}

/** The last words of a tour: what failed stands in it by name, however long the output above is. */
function summary(runs: number, failed: readonly Performance[], seen: boolean): string {
  const names = [...new Set(failed.map(({ program }) => program.id))]
  return [
    `\n${runs - failed.length} of ${runs} runs as expected${names.length === 0 ? '' : `; not so: ${names.join(', ')}`}`,
    ...(seen ? [] : ['What they print: npm start -- --full, or npm start -- L4. A loop to watch: npm start -- serve']),
  ].join('\n')
}

function sayHeading(program: Program, previous: Program | undefined, { say, paint }: Screen) {
  if (program.section !== previous?.section) say(`${previous ? '\n' : ''}${paint('underline', program.section)}`)
}
