import { describeTask, messageOf } from '@loop/core/lowlevel'
import type { Task } from '@loop/core'

/** The phases of a graceful shutdown, in order. */
export type ShutdownPhase = 'waiting' | 'stop accepting' | 'drain' | 'cancel tasks' | 'close' | 'done'

/** What a graceful shutdown came to. */
export interface ShutdownReport {
  /** The signal that began it, or null when the program asked for it. */
  readonly signal: string | null
  /** 'done', or the phase in which it was cut. */
  readonly phase: ShutdownPhase
  /** Milliseconds that it took. */
  readonly duration: number
  /** Errors of cancelled tasks, other than being cancelled, and of the steps of the phases. */
  readonly errors: readonly ShutdownFailure[]
  /** What did not end by itself while the shutdown drained: tasks that were cancelled, requests that got no answer. */
  readonly cancelled: readonly UnfinishedWork[]
  /** What had not ended when it was cut. */
  readonly unfinished: readonly UnfinishedWork[]
}

/** An error on the way. */
export interface ShutdownFailure {
  /** Name of the task or step. */
  readonly name: string
  readonly error: unknown
}

/** A task, request or step that did not end in time. */
export interface UnfinishedWork {
  readonly name: string
  /** What it waits for, in words; with the place, where that is known. */
  readonly waitsFor: string
}

/** Lines of a report: of thousands of tasks the first say enough. */
const LINES_OF_A_KIND = 20

/** A task that did not end, and what it waits for. */
export function unfinishedTask(task: Task): UnfinishedWork {
  const { name, coroutine, source } = describeTask(task)
  return {
    name: `${name} (${coroutine})`,
    waitsFor: waitsFor(task) ?? `something that the loop does not know${at(source, ', started')}`,
  }
}

/** What a task waits for, or null when the loop does not know. */
export function waitsFor(task: Task): string | null {
  const places = describeTask(task).awaiting.map((awaited) => awaited.name + at(awaited.source))
  return places.length > 0 ? places.join(', ') : null
}

/** The report in lines, for a log. */
export function formatReport(report: ShutdownReport): string[] {
  return [
    ...lines(report.errors, ({ name, error }) => `${name} failed: ${messageOf(error)}`),
    ...lines(
      report.cancelled,
      ({ name, waitsFor: what }) => `${name} did not end by itself and was cancelled; it waited for ${what}`,
    ),
    ...lines(report.unfinished, ({ name, waitsFor: what }) => `${name} did not end; it waits for ${what}`),
  ]
}

function lines<T>(entries: readonly T[], line: (entry: T) => string): string[] {
  const shown = entries.slice(0, LINES_OF_A_KIND).map(line)
  return entries.length <= LINES_OF_A_KIND
    ? shown
    : [...shown, `and ${entries.length - LINES_OF_A_KIND} more of the kind`]
}

/** The line of a stack that is the program's own: the first. */
function at(source: string | undefined, before = ''): string {
  const line = source?.split('\n').find((candidate) => !candidate.includes('node:internal'))
  return line === undefined ? '' : `${before} ${line.trim()}`
}
