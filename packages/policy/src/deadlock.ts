import type { EventLoop } from '@loop/core'
import type { AwaitedDescription, TaskDescription } from '@loop/core/lowlevel'
import { allTasks } from '@loop/core'
import { describeTask } from '@loop/core/lowlevel'
import { callSite } from './call-site.ts'
import { isForeign } from './promises.ts'

/** The tasks of a loop that rests, as far as they could be in a deadlock. */
export interface Stuck {
  readonly tasks: readonly TaskDescription[]
  /** Whether somebody waits for a promise from outside the loop, which may still settle. */
  readonly outside: boolean
}

/**
 * The waiting tasks of a loop that rests, or null when there are none, or sources are watched that may become ready.
 */
export function findStuck(loop: EventLoop): Stuck | null {
  const { sources, promises } = loop.statistics()
  if (sources > 0 || loop.statistics().tasks === 0) return null
  const tasks = [...allTasks(loop)].map(describeTask)
  return { tasks, outside: promises > 0 || tasks.some(waitsOutside) }
}

/** What the error says: each task, what it waits for, and where. */
export function describeStuck({ tasks, outside }: Stuck, time: number): string {
  const many = tasks.length === 1 ? '1 task waits' : `${tasks.length} tasks wait`
  const hint = outside
    ? 'If a promise from outside the loop takes this long, hold the time meanwhile: loop.clock.hold().'
    : 'If something outside the loop is to wake them, hold the time meanwhile: loop.clock.hold().'
  return [
    `deadlock: ${many}, and nothing can wake ${tasks.length === 1 ? 'it' : 'them'} (at ${time} ms)`,
    ...listed(tasks.map(describeWait)),
    hint,
  ].join('\n')
}

/** What the error says when other tasks go on beside the main one. */
export function describeStuckBeside(tasks: readonly TaskDescription[], since: number, time: number): string {
  return [
    `deadlock: the main task has waited since ${since} ms for what nothing ends, while others went on (until ${time} ms)`,
    ...listed(tasks.map(describeWait)),
    'If it only takes this long, allow for more: deterministicLoop({ deadlockAfter }), a number of jumps of time.',
  ].join('\n')
}

/** What the error says when something runs in each turn: `running` are names of tasks and callbacks. */
export function describeSpinning(running: readonly string[], turns: number, time: number, deadline: number): string {
  const next = deadline === Infinity ? '' : `, to ${deadline} ms next`
  return [
    `livelock: ${turns} turns have passed at ${time} ms, and time moves only when nothing can run${next}; in each turn runs`,
    ...listed(running.map((name) => `  ${name}`)),
    'Instead of polling with sleep(0), wait for an Event or a future, or sleep(1).',
  ].join('\n')
}

/** A report of a crowd shows its first. */
const MOST_LISTED = 20

function listed(lines: readonly string[]): string[] {
  if (lines.length <= MOST_LISTED) return [...lines]
  return [...lines.slice(0, MOST_LISTED), `  and ${lines.length - MOST_LISTED} more`]
}

function describeWait(task: TaskDescription): string {
  return `  ${nameOf(task)} waits for ${describeAwaited(task)}`
}

function nameOf({ name, coroutine }: TaskDescription): string {
  return coroutine === '(anonymous)' ? name : `${name} (${coroutine})`
}

function describeAwaited(task: TaskDescription): string {
  if (task.awaiting.length === 0) return `a promise from outside the loop${created(task.source)}`
  return task.awaiting.map((awaited) => `${kindOf(awaited)}${made(awaited.source)}`).join(' and ')
}

/** What it is, in words; other futures of the loop (a gather, say) keep the name of their class. */
function kindOf({ name }: AwaitedDescription): string {
  if (name === 'Future') return 'a future'
  return isForeign(name) ? 'a promise from outside the loop' : name
}

/** A waiting task that waits for nothing the loop knows of is at a bare promise. */
function waitsOutside({ awaiting }: TaskDescription): boolean {
  return awaiting.length === 0
}

function made(source: string | undefined): string {
  const site = callSite(source)
  return site === undefined ? '' : `, made at ${site}`
}

function created(source: string | undefined): string {
  const site = callSite(source)
  return site === undefined ? '' : `; the task was created at ${site}`
}
