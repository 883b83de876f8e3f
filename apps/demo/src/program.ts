import type { Coroutine, EventLoop } from '@loop/core'

/** The sections of the tour, in order. */
export const sections = [
  'Order',
  'Selectors',
  'Threads and processes',
  'Policies',
  'Speed',
  'Signals',
  'Patterns',
  'Scheduler',
] as const

type Section = (typeof sections)[number]

/** What a program gets to work with outside of any loop. */
interface Context {
  /** Adds a line to the program's output. */
  print(line: unknown): void
}

/** What a program gets to work with in a task of a loop. */
export interface LoopContext extends Context {
  /** The loop that runs the program. */
  readonly loop: EventLoop
}

/**
 * The output a program must have: its lines, each a text or a pattern (for lines with a duration in them), or a
 * function that returns what is wrong in a sentence, or null when nothing is.
 */
export type Expected = readonly (string | RegExp)[] | ((lines: readonly string[]) => string | null)

interface Description {
  /** Short and unique: what `npm start -- ID` takes. */
  readonly id: string
  readonly section: Section
  readonly title: string
  /** What the program does and shows, in a line. */
  readonly idea: string
  readonly expected: Expected
}

/** A program that runs as the main task of a loop. */
export interface LoopProgram extends Description {
  /** The program as an async function. */
  run(context: LoopContext): Promise<void>
  /** The same program as a generator function, for programs that show both forms of coroutine. */
  runGenerator?(context: LoopContext): Coroutine<void>
  /**
   * Makes the loop, for programs that need one with an executor, signals or another selector; `new EventLoop()`
   * otherwise.
   */
  loopFactory?(): EventLoop
  /** Needs the real clock even in tests: it waits for other threads, sockets or signals, or it blocks. */
  readonly realTime?: boolean
}

/** A program that makes and runs its loops itself: several of them, or in another thread. */
interface StandaloneProgram extends Description {
  runAlone(context: Context): Promise<void>
}

export type Program = LoopProgram | StandaloneProgram

/**
 * Checks a program's definition and returns it; every file in `programs/` exports one as `program`.
 *
 * @example
 * export const program = defineProgram({
 *   id: 'X1', section: 'Order', title: 'One line', idea: 'Prints a line.', expected: ['hello'],
 *   async run({ print }) { print('hello') },
 * })
 */
export function defineProgram<P extends Program>(program: P): P {
  if (!/^[\w-]+$/.test(program.id))
    throw new TypeError(`a program's id is letters, digits and dashes, but got "${program.id}"`)
  if (!sections.includes(program.section))
    throw new TypeError(`${program.id}: there is no section "${program.section}"`)
  return program
}

/** What is wrong with a program's output, in a sentence; null when it is as expected. */
export function mismatch(expected: Expected, lines: readonly string[]): string | null {
  if (typeof expected === 'function') return expected(lines)
  const matches = (line: string | undefined, want: string | RegExp | undefined) =>
    typeof want === 'string' ? line === want : line !== undefined && want !== undefined && want.test(line)
  const length = Math.max(expected.length, lines.length)
  const wrong = Array.from({ length }, (_, i) => i).find((i) => !matches(lines[i], expected[i]))
  if (wrong === undefined) return null
  return `line ${wrong + 1} should be ${show(expected[wrong])}, but is ${show(lines[wrong])}`
}

const show = (line: string | RegExp | undefined) =>
  line === undefined ? 'absent' : typeof line === 'string' ? JSON.stringify(line) : `like ${line}`
