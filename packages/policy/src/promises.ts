/**
 * Which promises from outside virtual time waits for.
 *
 * The loop counts the promises it was given (`loop.wrap`, `waitFor(promise)`). Real work settles in real time, so time
 * must stand still meanwhile. But the promise of an async function that itself sleeps on this loop settles only when
 * time moves. What such a function waits for shows beside what its task waits for:
 *
 *     waitFor(readFile(path), 1000)     the task waits for the promise
 *     waitFor(load(), 1000)             the task waits for the promise, and load() for its sleep
 *
 * So a task's promises are real work as far as there are more of them than other waits.
 */
import type { EventLoop } from '@loop/core'
import type { AwaitedDescription } from '@loop/core/lowlevel'
import { allTasks } from '@loop/core'
import { describeTask } from '@loop/core/lowlevel'
import process from 'node:process'
import { callSite } from './call-site.ts'
import type { Settings } from './deterministic-options.ts'

/**
 * How much of its patience time has when nothing seems to be under way: some work does not show, but is seldom as long.
 */
const IDLE_PART = 0.25
/** A report names so many; more are alike. */
const MOST_NAMED = 20

/** The promises from outside that a deterministic loop was given, and how long its time waits for them. */
export class PendingPromises {
  /** Whether there were any: their order is their own. */
  seen = false
  /** So many are not waited for any more: time has waited for as long as its patience lasts. */
  private givenUp = 0
  /** So many are of this package itself, and settle in virtual time. */
  private own = 0

  constructor(
    private readonly loop: EventLoop,
    private readonly settings: Pick<Settings, 'promises' | 'patienceMs'>,
  ) {}

  /** How many there are. */
  get pending(): number {
    return Math.max(0, this.loop.statistics().promises - this.own)
  }

  /** Leaves one out, until it is disposed of. */
  exceptOne(): Disposable {
    this.own++
    return {
      [Symbol.dispose]: () => {
        this.own--
      },
    }
  }

  /** Real milliseconds for which time still waits for them, after `waited` of them; 0 to go on. */
  patience(waited: number): number {
    const { pending } = this
    if (pending > 0) this.seen = true
    if (pending < this.givenUp) this.givenUp = pending
    if (this.settings.promises === 'run' || pending <= this.givenUp || !someAreReal(this.loop, pending)) return 0
    const patienceMs = seemsIdle() ? this.settings.patienceMs * IDLE_PART : this.settings.patienceMs
    if (waited < patienceMs) return patienceMs - waited
    this.givenUp = pending
    this.warn(pending, patienceMs)
    return 0
  }

  private warn(pending: number, patienceMs: number): void {
    const made = promisesAwaited(this.loop)
      .map(({ source }) => callSite(source))
      .filter((site) => site !== undefined)
    const where = made.length === 0 ? '' : ` (made at ${made.slice(0, MOST_NAMED).join(', ')})`
    const what = pending === 1 ? 'a promise' : `${pending} promises`
    process.emitWarning(
      `virtual time goes on after ${patienceMs} real ms without ${what} from outside the loop${where}; ` +
        "hold it with loop.clock.hold() or more patienceMs, or let it run: promises: 'run'",
      'VirtualTimeWarning',
    )
  }
}

/** Whether one of the `promises` that the loop was given waits for nothing of the loop, as far as can be seen. */
function someAreReal(loop: EventLoop, promises: number): boolean {
  let known = 0
  let spare = 0
  for (const task of allTasks(loop)) {
    const { awaiting } = describeTask(task)
    const own = foreignIn(awaiting).size
    const others = Math.max(0, awaiting.length - 1)
    if (own > others) return true
    known += own
    spare += others - own
  }
  return promises - known > spare
}

/**
 * What a process has open while it does nothing: its pipes and ports, servers that listen, handles on their way out.
 */
const IDLE = new Set([
  'PipeWrap',
  'TTYWrap',
  'MessagePort',
  'SignalWrap',
  'TCPServerWrap',
  'FSEventWrap',
  'CloseReq',
  'Immediate',
])

/**
 * Whether the runtime names nothing that is under way: no timer, request or connection. It does not name everything
 * (the work of `node:crypto` is missing), so this is a hint; false where it cannot say.
 */
function seemsIdle(): boolean {
  const { getActiveResourcesInfo } = process as { getActiveResourcesInfo?: () => string[] }
  return getActiveResourcesInfo?.().every((name) => IDLE.has(name)) ?? false
}

/** Where the promises were made that tasks wait for, as far as that is known. */
function promisesAwaited(loop: EventLoop): AwaitedDescription[] {
  return [...allTasks(loop)].flatMap((task) => [...foreignIn(describeTask(task).awaiting).values()])
}

/** Core's class of futures over foreign promises; builds may add an underscore. */
export function isForeign(name: string): boolean {
  return /^_?ForeignFuture$/.test(name)
}

function foreignIn(awaiting: readonly AwaitedDescription[]): Map<object, AwaitedDescription> {
  const found = new Map<object, AwaitedDescription>()
  const left = [...awaiting]
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    if (isForeign(one.name)) found.set(one.awaited, one)
    for (const member of one.members) left.push(member)
  }
  return found
}
