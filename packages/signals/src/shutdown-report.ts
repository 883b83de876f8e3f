import { describeTask } from '@loop/core'
import type { Task } from '@loop/core'

/** The phases of a graceful shutdown, in order. */
export type ShutdownPhase = 'waiting' | 'stop accepting' | 'cancel tasks' | 'close' | 'done'

/** What a graceful shutdown came to. */
export interface ShutdownReport {
  /** The signal that began it, or null when the program asked for it. */
  readonly signal: string | null
  /** 'done', or the phase in which it was cut. */
  readonly phase: ShutdownPhase
  /** Milliseconds that it took. */
  readonly duration: number
  /** Errors of tasks, other than being cancelled, and of the steps of the phases. */
  readonly errors: readonly ShutdownFailure[]
  /** What had not ended when it was cut. */
  readonly unfinished: readonly UnfinishedWork[]
}

/** An error on the way. */
export interface ShutdownFailure {
  /** Name of the task or step. */
  readonly name: string
  readonly error: unknown
}

/** A task or step that did not end in time. */
export interface UnfinishedWork {
  readonly name: string
  /** What it waits for, in words; with the place, in debug mode of the loop. */
  readonly waitsFor: string
}

/** A task that did not end, and what it waits for. */
export function unfinishedTask(task: Task): UnfinishedWork {
  const { name, coroutine, awaiting, source } = describeTask(task)
  const places = awaiting.map((awaited) => awaited.name + at(awaited.source))
  return {
    name: `${name} (${coroutine})`,
    waitsFor: places.length > 0 ? places.join(', ') : `something that the loop does not know, started${at(source)}`,
  }
}

/** The report in lines, for a log. */
export function formatReport(report: ShutdownReport): string[] {
  return [
    ...report.errors.map(({ name, error }) => `${name} failed: ${error instanceof Error ? error.message : String(error)}`),
    ...report.unfinished.map(({ name, waitsFor }) => `${name} did not end; it waits for ${waitsFor}`),
  ]
}

/** The line of a stack that is the program's own: the first. */
function at(source: string | undefined): string {
  const line = source?.split('\n').find((candidate) => !candidate.includes('node:internal'))
  return line === undefined ? '' : ` ${line.trim()}`
}
