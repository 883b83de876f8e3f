import { choose, UnknownProgramError } from './catalog.ts'
import { help, type Options, parseOptions } from './options.ts'
import { formsOf, perform, type Performance } from './perform.ts'
import { type Paint, showList, showPerformance, showProgram, toJson } from './show.ts'
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

/** Runs programs one after the other, each in all its forms. */
async function tour(programs: readonly Program[], { json }: Options, screen: Screen): Promise<ExitCode> {
  const results: Performance[] = []
  for (const [i, program] of programs.entries()) {
    if (!json) announce(program, programs[i - 1], screen)
    for (const form of formsOf(program)) {
      const result = await perform(program, form)
      results.push(result)
      if (!json) screen.say(showPerformance(result, screen.paint))
    }
  }
  const failed = results.filter(({ problem }) => problem !== null)
  screen.say(
    json
      ? JSON.stringify(results.map(toJson), null, 2)
      : `\n${results.length - failed.length} of ${results.length} runs as expected`,
  )
  return failed.length === 0 ? 0 : 1
}

function announce(program: Program, previous: Program | undefined, { say, paint }: Screen) {
  if (program.section !== previous?.section) say(`${previous ? '\n' : ''}${paint('underline', program.section)}`)
  say(showProgram(program, paint))
}
