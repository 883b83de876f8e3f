/** The tour for other programs: what `tooling/runtimes` runs on every runtime. */
export { choose, loadPrograms, UnknownProgramError } from './catalog.ts'
export { type Form, formsOf, perform, type Performance } from './perform.ts'
export type { Program } from './program.ts'
