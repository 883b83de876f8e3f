/** The caller's side of placeholders: replaces arguments that cannot be cloned but have a counterpart in the worker. */
import type { WorkItem } from '../pool/work-item.ts'
import type { Placeholder } from './placeholders.ts'

/** An object that makes its own placeholder; `transfer` takes what must move along. */
export interface Portable {
  [TO_PLACEHOLDER](transfer: object[], task: WorkItem): Placeholder
}

/** Method of objects that travel as a placeholder. */
export const TO_PLACEHOLDER = Symbol('@loop/executor.standIn')

/** One for each task: in one message, an object of two tasks would be one in the worker. */
const signal = (): Placeholder => ({ '@loop/executor': 'signal' })

function needsPlaceholder(arg: unknown): arg is Portable | AbortSignal {
  return typeof arg === 'object' && arg !== null && (TO_PLACEHOLDER in arg || arg instanceof AbortSignal)
}

/** Whether some argument needs a placeholder. */
export function hasPlaceholders(args: readonly unknown[]): boolean {
  for (const arg of args) if (needsPlaceholder(arg)) return true
  return false
}

/** The arguments as they are sent. */
export function packArguments(task: WorkItem, transfer: object[]): readonly unknown[] {
  const { args } = task
  if (!hasPlaceholders(args)) return args
  return args.map((arg) =>
    !needsPlaceholder(arg) ? arg : TO_PLACEHOLDER in arg ? arg[TO_PLACEHOLDER](transfer, task) : signal(),
  )
}
