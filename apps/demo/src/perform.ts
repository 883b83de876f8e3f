import { inspect } from 'node:util'
import { EventLoop, run } from '@loop/core'
import { type LoopProgram, type Program, mismatch } from './program.ts'

/** The two kinds of coroutine function; "alone" marks programs that make their loops themselves. */
export type Form = 'async' | 'generator' | 'alone'

/** What came of running a program once. */
export interface Performance {
  readonly program: Program
  readonly form: Form
  readonly lines: readonly string[]
  /** What is wrong, in a sentence; null when the output is as expected. */
  readonly problem: string | null
  /** How long it took, in milliseconds of real time. */
  readonly ms: number
}

/** The forms a program can run in. */
export function formsOf(program: Program): readonly Form[] {
  if ('runAlone' in program) return ['alone']
  return program.runGenerator ? ['async', 'generator'] : ['async']
}

/**
 * Runs a program once in one form and judges its output; what it throws is a problem, never an exception here.
 *
 * @param loopFactory makes the loop of programs that bring none of their own; tests pass one with virtual time
 */
export async function perform(program: Program, form: Form, loopFactory = () => new EventLoop()): Promise<Performance> {
  const lines: string[] = []
  const print = (line: unknown) => void lines.push(...text(line).split('\n'))
  const began = performance.now()
  let problem: string | null
  try {
    if ('runAlone' in program) await program.runAlone({ print })
    else await runOnLoop(program, form, print, program.loopFactory?.bind(program) ?? loopFactory)
    problem = mismatch(program.expected, lines)
  } catch (error) {
    problem = `threw ${inspect(error)}`
  }
  return { program, form, lines, problem, ms: performance.now() - began }
}

const text = (line: unknown) => (typeof line === 'string' ? line : inspect(line))

async function runOnLoop(
  program: LoopProgram,
  form: Form,
  print: (line: unknown) => void,
  loopFactory: () => EventLoop,
) {
  let loop: EventLoop | undefined
  const options = { loopFactory: () => (loop = loopFactory()) }
  const context = () => ({ print, loop: loop! })
  if (form === 'generator' && program.runGenerator) {
    await run(() => program.runGenerator!(context()), options)
  } else {
    await run(() => program.run(context()), options)
  }
}
