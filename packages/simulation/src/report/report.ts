import { describe } from '@loop/core/lowlevel'
import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { SimulationError } from '../errors.ts'
import { ONLY_FAULTS } from '../options.ts'
import type { Outcome } from '../world/world.ts'
import { diagramOf } from './diagram.ts'
import { timelineOf } from './timeline.ts'

/** The end of the timeline is shown at once; all of it is in the diagram and in the error. */
const LINES_SHOWN = 40

/** A failure, and what was found about it. */
export interface FailureFacts {
  readonly seed: number
  readonly seeds: readonly number[]
  /** Where the diagram goes; undefined for the system's place, null for nowhere. */
  readonly directory: string | null | undefined
  /** The run as it was found. */
  readonly first: Outcome<unknown>
  /** The smallest run that fails, kept to be read. */
  readonly shown: Outcome<unknown>
  /** The faults that it needs. */
  readonly kept: readonly string[]
}

/** The error that tells all about a failure, with a diagram beside it. */
export function failureReport(facts: FailureFacts): SimulationError {
  const { seed, seeds, first, shown, kept, directory } = facts
  // Without all of its faults it may have failed otherwise, at the end of the search.
  const cause = (shown.failure ?? first.failure)!.error
  const passed = seeds.indexOf(seed)
  const before = passed > 0 ? `, after passing under ${passed} smaller one${passed === 1 ? '' : 's'}` : ''
  const title = `failed under seed ${seed}${before}: ${describe(cause)}`
  const summary = [faultsLine(first, kept), replayLine(seed, first, kept)].join('\n')
  const timeline = timelineOf(shown)
  const diagram = diagramOf(shown, title, summary)
  const path = directory === null ? null : write(directory ?? join(tmpdir(), 'loop-simulation'), seed, diagram)
  const lines = timeline.split('\n')
  const left = lines.length - LINES_SHOWN
  const message = [
    title,
    summary,
    ...(path === null ? [] : [`Diagram: ${path}`]),
    `What happened${left > 0 ? ` (the last ${LINES_SHOWN} of ${lines.length} lines)` : ''}:`,
    ...lines.slice(-LINES_SHOWN),
  ].join('\n')
  return new SimulationError(message, seed, kept, timeline, diagram, { cause })
}

function faultsLine({ faults }: Outcome<unknown>, kept: readonly string[]): string {
  if (faults.length === 0) return 'No fault by chance was needed.'
  const which = kept.length === 0 ? 'none' : kept.join(', ')
  return kept.length === faults.length
    ? `Faults by chance: ${which}.`
    : `Of ${faults.length} faults by chance it needs ${kept.length === 0 ? 'none' : `${kept.length}: ${which}`}.`
}

function replayLine(seed: number, { faults }: Outcome<unknown>, kept: readonly string[]): string {
  const some = kept.length < faults.length ? `${ONLY_FAULTS}='${kept.length === 0 ? 'none' : kept.join(',')}' ` : ''
  return `Replay: LOOP_SEED=${seed} ${some}${runnerCommand()}`
}

/** How the test that runs now is run from a shell. */
function runnerCommand(): string {
  const { env, argv } = process
  if (env['VITEST'] !== undefined) return `npx vitest run ${testName()}`.trimEnd()
  if (env['JEST_WORKER_ID'] !== undefined) return `npx jest ${testName()}`.trimEnd()
  if (env['NODE_TEST_CONTEXT'] !== undefined) return `node --test ${argv[1] ?? ''}`.trimEnd()
  return `node ${argv[1] ?? ''}`.trimEnd()
}

/** Where `expect` of vitest and of jest keeps what test runs. */
const STATE = Symbol.for('$$jest-matchers-object')

/** The options that pick out the test that runs, as far as its runner tells. */
function testName(): string {
  try {
    const all = globalThis as unknown as Record<symbol, { state?: Record<string, unknown> } | undefined>
    const { expect } = globalThis as { expect?: { getState?: () => Record<string, unknown> } }
    const { currentTestName, testPath } = expect?.getState?.() ?? all[STATE]?.state ?? {}
    const file = typeof testPath === 'string' ? testPath : ''
    const name = typeof currentTestName === 'string' ? ` -t ${JSON.stringify(currentTestName)}` : ''
    return `${file}${name}`.trimStart()
  } catch {
    return ''
  }
}

/** Writes the diagram; its path, or null where that cannot be done: the rest of the report matters more. */
function write(directory: string, seed: number, diagram: string): string | null {
  const path = join(directory, `seed-${seed}-${process.pid}.html`)
  try {
    mkdirSync(directory, { recursive: true })
    writeFileSync(path, diagram)
    return path
  } catch {
    return null
  }
}
