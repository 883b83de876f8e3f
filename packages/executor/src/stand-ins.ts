/** The caller's side of stand-ins: replaces arguments that cannot be cloned but have a counterpart in the worker. */
import type { Task } from './task.ts'
import type { StandIn } from './worker/stand-ins.ts'

/** An object that makes its own stand-in; `transfer` takes what must move along. */
export interface Portable {
  [STAND_IN](transfer: object[], task: Task): StandIn
}

/** Method of objects that travel as a stand-in. */
export const STAND_IN = Symbol('@loop/executor.standIn')

/** One for each task: in one message, an object of two tasks would be one in the worker. */
const signal = (): StandIn => ({ '@loop/executor': 'signal' })

function standsIn(arg: unknown): arg is Portable | AbortSignal {
  return typeof arg === 'object' && arg !== null && (STAND_IN in arg || arg instanceof AbortSignal)
}

/** Whether some argument needs a stand-in. */
export function hasStandIns(args: readonly unknown[]): boolean {
  for (const arg of args) if (standsIn(arg)) return true
  return false
}

/** The arguments as they are sent. */
export function packArguments(task: Task, transfer: object[]): readonly unknown[] {
  const { args } = task
  if (!hasStandIns(args)) return args
  return args.map((arg) => (!standsIn(arg) ? arg : STAND_IN in arg ? arg[STAND_IN](transfer, task) : signal()))
}
