import type { LoopFactory, ScheduledInfo, TurnInfo } from '@loop/core'
import { EventLoop } from '@loop/core'
import { describe } from '@loop/core/lowlevel'
import process from 'node:process'
import { inspect } from 'node:util'
import { callSite, stackHere } from './call-site.ts'
import { checkLoop } from './check-loop.ts'

/** Something that was scheduled, as data. */
export interface ScheduledEntry extends ScheduledInfo {
  /** Name of the callback. */
  readonly name: string
  /** The line of the program that scheduled it, such as "main (/app/main.ts:3:5)". */
  readonly where: string | undefined
}

/** A turn, as data. */
export interface TurnEntry extends TurnInfo {
  readonly kind: 'turn'
}

/** What a debug loop logs, as data. */
export type DebugEntry = ScheduledEntry | TurnEntry

/** Options of {@link debugLoop}. */
export interface DebugLoopOptions {
  /** Takes each line, and the same as data; standard error by default. */
  readonly log?: (line: string, entry: DebugEntry) => void
  /** Makes the loop that is watched; any loop, on any selector. An ordinary one by default. */
  readonly loopFactory?: LoopFactory
}

/**
 * Makes loops that log each `callSoon`, `callLater` and `callAt` (what, with which arguments, when, from where) and
 * each turn. It watches through the loop's observers: a loop without them does not know of it.
 *
 * ```ts
 * await run(main, { loopFactory: debugLoop({ log: (line) => logger.debug(line) }) })
 * // callLater 100 ms tick('a') at main (/app/main.ts:7:8)
 * // turn 1: 0 events, 0 timers, 1 handles, wait 100 ms
 * ```
 */
export function debugLoop(options: DebugLoopOptions = {}): LoopFactory {
  const { log = toStandardError, loopFactory = () => new EventLoop() } = options
  if (typeof log !== 'function') throw new TypeError(`log is a function that takes lines, not ${describe(log)}`)
  if (typeof loopFactory !== 'function')
    throw new TypeError(`loopFactory is a function that makes a loop, not ${describe(loopFactory)}`)
  const scheduled = (info: ScheduledInfo): void => {
    const entry: ScheduledEntry = { ...info, name: nameOf(info.callback), where: callSite(stackHere(scheduled)) }
    log(describeScheduled(entry), entry)
  }
  const turnEnded = (info: TurnInfo): void => {
    log(describeTurn(info), { kind: 'turn', ...info })
  }
  return () => {
    const loop = loopFactory()
    checkLoop(loop, 'what loopFactory makes')
    loop.addObserver({ scheduled, turnEnded })
    return loop
  }
}

function describeScheduled({ kind, name, args, delay, when, where }: ScheduledEntry): string {
  const time = kind === 'callLater' ? ` ${milliseconds(delay!)}` : kind === 'callAt' ? ` ${milliseconds(when!)}` : ''
  return `${kind}${time} ${name}(${args.map(briefly).join(', ')})${where === undefined ? '' : ` at ${where}`}`
}

function describeTurn({ turn, events, timers, handles, wait }: TurnInfo): string {
  const next = wait === null ? 'wait until woken' : wait === 0 ? 'no wait' : `wait ${milliseconds(wait)}`
  return `turn ${turn}: ${events} events, ${timers} timers, ${handles} handles, ${next}`
}

/** Microseconds are as fine as a reader wants it. */
function milliseconds(ms: number): string {
  return `${Math.round(ms * 1000) / 1000} ms`
}

/** One level deep and on one line: an argument may be a whole server. */
function briefly(value: unknown): string {
  try {
    return inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: 60, maxArrayLength: 5 })
  } catch {
    return describe(value)
  }
}

/** Also of a function whose name is something else than text. */
function nameOf({ name }: { readonly name: unknown }): string {
  return typeof name === 'string' && name !== '' ? name : '(anonymous)'
}

function toStandardError(line: string): void {
  process.stderr.write(`${line}\n`)
}
