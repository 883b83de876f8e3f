/**
 * The opt-in check for what no seed decides: it names each place in the code of a host that asks for real time, another
 * source of chance, a timer of Node or real I/O.
 *
 * The functions that are asked stand in globals, which are replaced for as long as the check runs; this is the only part
 * of the package that does so. I/O and timers are seen by async_hooks, which tells of each as it begins; runtimes
 * without them find less.
 */
import { createHook } from 'node:async_hooks'
import process from 'node:process'
import { currentHost } from './world/host.ts'

/** Kinds of async_hooks that are real I/O or real time. */
const REAL: Readonly<Record<string, string>> = {
  Timeout: 'a timer of Node (setTimeout, setInterval)',
  FSREQCALLBACK: 'a real file',
  FSREQPROMISE: 'a real file',
  FILEHANDLE: 'a real file',
  TCPCONNECTWRAP: 'a real connection',
  TCPSERVERWRAP: 'a real server',
  PIPECONNECTWRAP: 'a real pipe',
  PIPESERVERWRAP: 'a real pipe',
  UDPWRAP: 'a real datagram socket',
  GETADDRINFOREQWRAP: 'the resolver of the system',
  QUERYWRAP: 'the resolver of the system',
  PROCESSWRAP: 'a real process',
  WORKER: 'a real thread',
}
/** Frames looked through for the line of the program. */
const FRAMES = 30
/** A report names so many places; more are alike. */
const MOST_NAMED = 20

/** What is found, until it is stopped. */
export interface AmbientWatch {
  /** A line for each place, in order. */
  readonly found: readonly string[]
  stop(): void
}

/** Begins to watch. */
export function watchAmbient(): AmbientWatch {
  const places = new Set<string>()
  const note = (what: string): void => {
    const host = currentHost()
    if (host !== null && places.size < MOST_NAMED) places.add(`${host.name}: ${what}${callSite()}`)
  }
  const undo = [
    watchFunction(Math, 'random', 'Math.random()', note),
    watchFunction(Date, 'now', 'Date.now()', note),
    watchDate(note),
    watchFunction(performance, 'now', 'performance.now()', note),
    watchFunction(crypto, 'randomUUID', 'crypto.randomUUID()', note),
    watchFunction(crypto, 'getRandomValues', 'crypto.getRandomValues()', note),
    watchFunction(process, 'hrtime', 'process.hrtime()', note),
  ]
  const hook = createHook({
    init: (_id, type) => {
      const what = REAL[type]
      if (what !== undefined) note(what)
    },
  }).enable()
  return {
    get found() {
      return [...places]
    },
    stop: () => {
      hook.disable()
      for (const each of undo.reverse()) each()
    },
  }
}

/** Replaces a function by one that tells of its calls; gives what puts it back. */
function watchFunction<T extends object>(
  target: T,
  name: keyof T & string,
  what: string,
  note: (what: string) => void,
) {
  const own = Object.getOwnPropertyDescriptor(target, name)
  const original = target[name] as (...args: unknown[]) => unknown
  Object.defineProperty(target, name, {
    configurable: true,
    writable: true,
    value: Object.assign(function (this: unknown, ...args: unknown[]): unknown {
      note(what)
      return Reflect.apply(original, this, args)
    }, original),
  })
  return (): void => {
    if (own === undefined) Reflect.deleteProperty(target, name)
    else Object.defineProperty(target, name, own)
  }
}

/** `new Date()` and `Date()`, which look at the real clock. */
function watchDate(note: (what: string) => void): () => void {
  const original = globalThis.Date
  globalThis.Date = new Proxy(original, {
    construct: (target, args: unknown[], newTarget) => {
      if (args.length === 0) note('new Date()')
      return Reflect.construct(target, args, newTarget === globalThis.Date ? target : newTarget) as Date
    },
    apply: (target, self, args: unknown[]) => {
      note('Date()')
      return Reflect.apply(target, self, args) as string
    },
  })
  return () => {
    globalThis.Date = original
  }
}

/** Where the program called, if its line can be told from those of packages. */
function callSite(): string {
  const here: { stack?: string } = {}
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = FRAMES
  Error.captureStackTrace(here, callSite)
  Error.stackTraceLimit = stackTraceLimit
  const frame = (here.stack ?? '').split('\n').slice(1).find(isOfProgram)
  return frame === undefined ? '' : ` ${frame.trim()}`
}

function isOfProgram(frame: string): boolean {
  return (
    !/node:|node_modules|@loop|packages[\\/](core|net|policy|scheduler|sync)[\\/](src|dist)/.test(frame) &&
    !frame.includes('ambient.')
  )
}
