import { readdir } from 'node:fs/promises'
import { type Program, sections } from './program.ts'

/** A program was asked for that does not exist. */
export class UnknownProgramError extends Error {
  override readonly name = 'UnknownProgramError'

  constructor(
    readonly id: string,
    known: readonly Program[],
  ) {
    super(`there is no program "${id}"; there are ${known.map((program) => program.id).join(', ')}`)
  }
}

const folder = new URL('./programs/', import.meta.url)

/** Loads every program in `programs/`, in the order of the tour: by section, then by id with numbers as numbers. */
export async function loadPrograms(): Promise<Program[]> {
  const files = (await readdir(folder)).filter((file) => /\.[jt]s$/.test(file) && !file.endsWith('.d.ts'))
  const programs = await Promise.all(files.map(load))
  const byId = new Map<string, Program>()
  for (const program of programs) {
    const key = program.id.toLowerCase()
    if (byId.has(key)) throw new Error(`two programs are called ${program.id}`)
    byId.set(key, program)
  }
  return programs.sort(
    (a, b) =>
      sections.indexOf(a.section) - sections.indexOf(b.section) || a.id.localeCompare(b.id, 'en', { numeric: true }),
  )
}

async function load(file: string): Promise<Program> {
  const module = (await import(new URL(file, folder).href)) as { program?: Program }
  if (!module.program) throw new Error(`programs/${file} must export "program" (see defineProgram)`)
  return module.program
}

/**
 * The programs of these ids, in any case, in the order asked for; all of them when none is named.
 *
 * @throws UnknownProgramError for an id that does not exist
 */
export function choose(programs: readonly Program[], ids: readonly string[]): readonly Program[] {
  if (ids.length === 0) return programs
  return ids.map((id) => {
    const found = programs.find((program) => program.id.toLowerCase() === id.toLowerCase())
    if (!found) throw new UnknownProgramError(id, programs)
    return found
  })
}
