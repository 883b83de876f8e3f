import type { AwaitedDescription, EventLoop, TaskDescription } from '@loop/core'
import { allTasks, describeTask } from '@loop/core'
import { callSite } from './call-site.ts'

/** The tasks of a loop that rests, as far as they could be in a deadlock. */
export interface Stuck {
  readonly tasks: readonly TaskDescription[]
  /** Whether somebody waits for a promise from outside the loop, which may still settle. */
  readonly outside: boolean
}

/** The waiting tasks of a loop that rests, or null when there are none, or sources are watched that may become ready. */
export function findStuck(loop: EventLoop): Stuck | null {
  const tasks = [...allTasks(loop)].map(describeTask)
  if (tasks.length === 0 || loop.statistics().sources > 0) return null
  return { tasks, outside: loop.statistics().promises > 0 || tasks.some(waitsOutside) }
}

/** What the error says: each task, what it waits for, and where. */
export function describeStuck({ tasks, outside }: Stuck, time: number): string {
  const many = tasks.length === 1 ? '1 task waits' : `${tasks.length} tasks wait`
  const lines = tasks.map((task) => `  ${nameOf(task)} waits for ${describeAwaited(task)}`)
  const hint = outside
    ? 'If a promise from outside the loop takes this long, hold the time meanwhile: loop.clock.hold().'
    : 'If something outside the loop is to wake them, hold the time meanwhile: loop.clock.hold().'
  return [`deadlock: ${many}, and nothing can wake ${tasks.length === 1 ? 'it' : 'them'} (at ${time} ms)`, ...lines, hint].join('\n')
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

/** Core's class of futures over foreign promises; builds may add an underscore. */
function isForeign(name: string): boolean {
  return /^_?ForeignFuture$/.test(name)
}

function made(source: string | undefined): string {
  const site = callSite(source)
  return site === undefined ? '' : `, made at ${site}`
}

function created(source: string | undefined): string {
  const site = callSite(source)
  return site === undefined ? '' : `; the task was created at ${site}`
}
