import process from 'node:process'
import { printable } from './printable.ts'

/** A time for which the loop was blocked. */
export interface BlockReport {
  /** Milliseconds, exact to a tenth of the threshold. */
  readonly duration: number
  /**
   * Milliseconds since the heartbeat before: what a program that only sleeps and looks at the clock would have seen.
   */
  readonly silence: number
  /**
   * What blocked it: one 'callback' or one step of a 'task'; 'several' handles, none of them long enough by itself; or
   * something 'outside' the loop's handles: a callback of Node's own, garbage collection, the machine. Or nothing did,
   * and the process was 'stopped' as a whole: by SIGSTOP, a frozen container, a machine without time for it.
   */
  readonly kind: 'callback' | 'task' | 'several' | 'outside' | 'stopped'
  /** Name of the callback, or of the task and its coroutine function: `Task-7 (worker)`. */
  readonly name: string
  /** The handles that took part, longest first; `duration` in milliseconds. */
  readonly handles: readonly BlockingHandle[]
  /** Where the callback or task was scheduled; known in debug mode of the loop. */
  readonly source: string | undefined
  /**
   * The stack at which the loop stood, innermost call first; with `stacks`, when the block was long enough to sample.
   */
  readonly stack: string | undefined
}

/** One handle's part in a block. */
export interface BlockingHandle {
  readonly name: string
  readonly duration: number
}

/** A report in a sentence, in one line: characters of names that a terminal would obey are shown as U+FFFD. */
export function describeBlock({ duration, kind, name, handles }: BlockReport): string {
  if (kind === 'stopped')
    return `the process stood still for ${Math.round(duration)} ms: it was stopped, or the machine had no time for it`
  const time = `the loop was blocked for ${Math.round(duration)} ms by`
  if (kind === 'outside')
    return `${time} something outside its handles: a callback of the host, garbage collection or the machine`
  if (kind !== 'several') return `${time} ${printable(name)} (${kind})`
  return `${time} several handles: ${handles.map((handle) => `${printable(handle.name)} ${Math.round(handle.duration)} ms`).join(', ')}`
}

/** What a monitor does with a report by default: a warning of the process. */
export function warnOfBlock(report: BlockReport): void {
  const { source, stack } = report
  const detail = [
    ...(stack === undefined ? [] : [`it stood at:\n${stack}`]),
    ...(source === undefined ? [] : [`scheduled at:\n${source}`]),
  ]
  process.emitWarning(describeBlock(report), { type: 'LoopBlockedWarning', detail: detail.join('\n') })
}
