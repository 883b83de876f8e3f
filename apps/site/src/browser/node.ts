/**
 * Stand-ins for what core, sync, policy and scheduler take of Node, so that the playground runs the very same packages.
 * Contexts are kept for as long as a call lasts and no longer: after an `await` there is no store. So loops in the
 * browser find their tasks by `attribution: 'handle'`, which needs none.
 */
import { inspect } from 'node-inspect-extracted'

// --- node:async_hooks

const stores = new Map<AsyncLocalStorage<unknown>, unknown>()

/** A store that lasts as long as the call that it was given to. */
export class AsyncLocalStorage<T> {
  getStore(): T | undefined {
    return stores.get(this) as T | undefined
  }

  run<R>(store: T, body: (...args: unknown[]) => R, ...args: unknown[]): R {
    const before = stores.get(this)
    stores.set(this, store)
    try {
      return body(...args)
    } finally {
      stores.set(this, before)
    }
  }

  exit<R>(body: (...args: unknown[]) => R, ...args: unknown[]): R {
    return this.run(undefined as T, body, ...args)
  }

  enterWith(store: T): void {
    stores.set(this, store)
  }

  disable(): void {
    stores.delete(this)
  }

  static bind = <F>(body: F): F => body
  static snapshot =
    () =>
    <R>(body: (...args: unknown[]) => R, ...args: unknown[]): R =>
      body(...args)
}

/** Runs what it is given, without a context of its own. */
export class AsyncResource {
  constructor(readonly type: string) {}

  runInAsyncScope<R>(body: (...args: unknown[]) => R, self?: unknown, ...args: unknown[]): R {
    return body.apply(self, args)
  }

  emitDestroy(): this {
    return this
  }

  asyncId = (): number => 0
  triggerAsyncId = (): number => 0
  bind = <F>(body: F): F => body
  static bind = <F>(body: F): F => body
}

// --- node:timers

const host = {
  setTimeout: globalThis.setTimeout.bind(globalThis),
  clearTimeout: globalThis.clearTimeout.bind(globalThis),
}

class Timeout {
  private readonly id: unknown
  constructor(callback: () => void, ms: number) {
    this.id = host.setTimeout(callback, ms)
  }
  ref = (): this => this
  unref = (): this => this
  hasRef = (): boolean => true
  close(): void {
    host.clearTimeout(this.id as number)
  }
}

export const setTimeout = (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): Timeout =>
  new Timeout(() => {
    callback(...args)
  }, ms)
export const clearTimeout = (timer: Timeout | undefined): void => {
  timer?.close()
}

const channel = new MessageChannel()
const messages: (() => void)[] = []
channel.port1.onmessage = () => {
  messages.shift()?.()
}

/** Runs it once the browser has nothing else to do first: after all microtasks, before the next timer. */
function post(work: () => void): void {
  messages.push(work)
  channel.port2.postMessage(null)
}

class Immediate {
  cancelled = false
  ref = (): this => this
  unref = (): this => this
  hasRef = (): boolean => true
}

export function setImmediate(callback: (...args: unknown[]) => void, ...args: unknown[]): Immediate {
  const immediate = new Immediate()
  post(() => {
    if (!immediate.cancelled) callback(...args)
  })
  return immediate
}
export const clearImmediate = (immediate: Immediate | undefined): void => {
  if (immediate !== undefined) immediate.cancelled = true
}
export const setInterval = globalThis.setInterval.bind(globalThis)
export const clearInterval = globalThis.clearInterval.bind(globalThis)

// --- node:process

export const nextTick = (callback: (...args: unknown[]) => void, ...args: unknown[]): void => {
  post(() => {
    callback(...args)
  })
}
const quiet = (): void => {}
export const process = {
  nextTick,
  versions: { node: '20.0.0' },
  version: 'v20.0.0',
  platform: 'browser',
  env: {} as Record<string, string>,
  execArgv: [] as string[],
  argv: [] as string[],
  pid: 1,
  on: quiet,
  off: quiet,
  once: quiet,
  emitWarning: (warning: unknown) => {
    console.warn(String(warning))
  },
  getActiveResourcesInfo: (): string[] => [],
  cwd: () => '/',
  stderr: { write: (text: string) => console.error(text.trimEnd()) },
  stdout: { write: (text: string) => console.log(text.trimEnd()) },
}

// --- node:util, node:perf_hooks, node:module, node:crypto, node:os, node:url

const tag = (value: unknown): string => Object.prototype.toString.call(value)
export const types = {
  isAsyncFunction: (value: unknown): boolean => tag(value) === '[object AsyncFunction]',
  isGeneratorFunction: (value: unknown): boolean => /Generator/.test(tag(value)),
  isGeneratorObject: (value: unknown): boolean => tag(value) === '[object Generator]',
  isPromise: (value: unknown): boolean => value instanceof Promise,
  isNativeError: (value: unknown): boolean => value instanceof Error,
  isProxy: (): boolean => false,
}
export { inspect }
export const performance = globalThis.performance
export const createRequire = () => (name: string) => {
  throw new Error(`there is no ${name} in a browser`)
}
export const randomUUID = (): string => globalThis.crypto.randomUUID()
export const uptime = (): number => globalThis.performance.now() / 1000
export const fileURLToPath = (url: string | URL): string => String(url)

export default {
  ...process,
  setTimeout,
  clearTimeout,
  setImmediate,
  clearImmediate,
  setInterval,
  clearInterval,
  inspect,
  types,
  performance,
}
