import { choose, loadPrograms, UnknownProgramError } from './catalog.ts'
import { help, type Options, parseOptions } from './options.ts'
import { formsOf, perform, type Performance } from './perform.ts'
import { type Paint, painter, showList, showPerformance, showProgram, toJson } from './show.ts'
import type { Program } from './program.ts'

const paint = painter(process.stdout.isTTY === true && !process.env['NO_COLOR'])

/** Runs the demo; returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  if (!options) return 2
  if (options.command === 'help') return say(help)
  const all = await loadPrograms()
  try {
    const programs = choose(all, options.ids)
    return options.command === 'list' ? list(programs, options) : await tour(programs, options)
  } catch (error) {
    if (!(error instanceof UnknownProgramError)) throw error
    console.error(`${error.name}: ${error.message}\n\n${showList(all, paint)}`)
    return 2
  }
}

function readOptions(args: readonly string[]): Options | undefined {
  try {
    return parseOptions(args)
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${help}`)
    return undefined
  }
}

function list(programs: readonly Program[], { json }: Options): number {
  const plain = programs.map(({ id, section, title, idea }) => ({ id, section, title, idea }))
  return say(json ? JSON.stringify(plain, null, 2) : showList(programs, paint))
}

/** Runs programs one after the other, each in all its forms. */
async function tour(programs: readonly Program[], { json }: Options): Promise<number> {
  const results: Performance[] = []
  for (const [i, program] of programs.entries()) {
    if (!json) announce(program, programs[i - 1], paint)
    for (const form of formsOf(program)) {
      const result = await perform(program, form)
      results.push(result)
      if (!json) say(showPerformance(result, paint))
    }
  }
  const failed = results.filter(({ problem }) => problem !== null)
  if (json) say(JSON.stringify(results.map(toJson), null, 2))
  else say(`\n${results.length - failed.length} of ${results.length} runs as expected`)
  return failed.length === 0 ? 0 : 1
}

function announce(program: Program, previous: Program | undefined, paint: Paint) {
  if (program.section !== previous?.section) say(`${previous ? '\n' : ''}${paint('underline', program.section)}`)
  say(showProgram(program, paint))
}

function say(text: string): number {
  console.log(text)
  return 0
}

process.exitCode = await main(process.argv.slice(2))
