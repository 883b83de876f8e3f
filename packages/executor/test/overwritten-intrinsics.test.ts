/** Tasks that replace what their realm offers: the worker goes on, or its tasks fail with an error. Nothing hangs. */
import { expect, test } from 'vitest'
import { ProcessPoolExecutor, ThreadPoolExecutor, type PoolExecutor, type PoolOptions } from '../src/index.ts'

/** Where something stands: `Array.prototype push`. */
type Place = readonly [owner: string, key: string]

/** Everything callable on the language's and Node's objects, found in the worker itself. */
const places = (): Place[] => {
  const found: Place[] = []
  const seen = new Set<object>()
  const collect = (owner: string, object: unknown): void => {
    if ((typeof object !== 'object' && typeof object !== 'function') || object === null || seen.has(object)) return
    seen.add(object)
    for (const key of Reflect.ownKeys(object)) {
      const { value, configurable, writable } = Object.getOwnPropertyDescriptor(object, key)!
      if (configurable !== true && writable !== true) continue
      const name = typeof key === 'symbol' ? `@@${key.description!.replace('Symbol.', '')}` : key
      if (name === 'constructor' || typeof value === 'function' || value === undefined) found.push([owner, name])
    }
  }
  const skipped = new Set(['globalThis', 'global', 'process', 'console', 'navigator', 'crypto', 'localStorage'])
  const language = [
    'Array',
    'Object',
    'Function',
    'Map',
    'Set',
    'WeakMap',
    'Promise',
    'Error',
    'RangeError',
    'TypeError',
    'String',
    'Number',
    'Boolean',
    'Symbol',
    'RegExp',
    'Date',
    'JSON',
    'Math',
    'Reflect',
    'Atomics',
    'ArrayBuffer',
    'SharedArrayBuffer',
    'DataView',
    'Uint8Array',
    'Int32Array',
    'Float64Array',
    'Proxy',
    'AbortController',
    'AbortSignal',
    'EventTarget',
    'Event',
    'MessagePort',
    'MessageEvent',
    'Buffer',
  ]
  for (const name of language) {
    if (skipped.has(name)) continue
    const value = (globalThis as Record<string, unknown>)[name] as { prototype?: unknown } | undefined
    collect(name, value)
    if (value?.prototype !== undefined) collect(`${name}.prototype`, value.prototype)
  }
  collect('Object.getPrototypeOf(Uint8Array)', Object.getPrototypeOf(Uint8Array))
  collect('Object.getPrototypeOf(Uint8Array.prototype)', Object.getPrototypeOf(Uint8Array.prototype))
  collect('Object.getPrototypeOf([][Symbol.iterator]())', Object.getPrototypeOf([][Symbol.iterator]()))
  collect('Object.getPrototypeOf(new Map().entries())', Object.getPrototypeOf(new Map().entries()))
  collect(
    'Object.getPrototypeOf(async function () {})',
    Object.getPrototypeOf(async function () {}),
  )
  const own = ['eval', 'structuredClone', 'queueMicrotask', 'setImmediate', 'setTimeout', 'performance', ...language]
  for (const name of own) found.push(['globalThis', name])
  for (const module of ['events', 'stream', 'async_hooks', 'worker_threads', 'fs', 'v8', 'module', 'url']) {
    const exports = process.getBuiltinModule(`node:${module}` as 'node:fs') as unknown as Record<
      string,
      { prototype?: object }
    >
    collect(`process.getBuiltinModule('node:${module}')`, exports)
    for (const name of ['EventEmitter', 'Writable', 'AsyncLocalStorage', 'AsyncResource']) {
      const prototype = exports[name]?.prototype
      if (prototype !== undefined) collect(`process.getBuiltinModule('node:${module}').${name}.prototype`, prototype)
    }
  }
  for (const key of ['exit', 'send', 'nextTick', 'hrtime', 'emit', 'on', 'stdout', 'stderr'])
    found.push(['process', key])
  return found
}

/** Replaces what is there; the task that does it may fail, and everything after it must end. */
const replace = (owner: string, key: string, how: 'silent' | 'throws'): void => {
  const holder = (0, eval)(owner) as object
  const name = key.startsWith('@@') ? (Symbol as unknown as Record<string, symbol>)[key.slice(2)]! : key
  const { defineProperty } = Object
  ;(globalThis as { undo?: () => void }).undo = defineProperty.bind(
    null,
    holder,
    name,
    Object.getOwnPropertyDescriptor(holder, name)!,
  ) as () => void
  const value =
    how === 'silent'
      ? function () {
          return undefined
        }
      : function () {
          throw new Error('replaced')
        }
  defineProperty(holder, name, { value, writable: true, configurable: true })
}

const restore = (): void => {
  ;(globalThis as { undo?: () => void }).undo?.()
}

/** Ends, one way or the other, within the time. */
async function ending(what: string, submission: Promise<unknown>, hung: string[], ms: number): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout>
  const late = new Promise<'late'>((resolve) => (timer = setTimeout(resolve, ms, 'late')))
  const result = await Promise.race([
    submission.then(
      (value) => ({ value }),
      () => 'failed' as const,
    ),
    late,
  ])
  clearTimeout(timer!)
  if (result === 'late') hung.push(what)
  return result
}

interface Findings {
  readonly tried: number
  readonly hung: readonly string[]
  readonly wrong: readonly string[]
  readonly failed: readonly string[]
}

async function tryAll(
  make: (options: PoolOptions) => PoolExecutor,
  chosen: (place: Place, index: number) => boolean,
): Promise<Findings> {
  const hung: string[] = []
  const wrong: string[] = []
  const failed: string[] = []
  const limit = 40_000
  const add = (a: number, b: number): number => a + b
  const wrap = (n: number): { n: number } => ({ n })
  const later = async (n: number): Promise<number> => {
    await null
    return n
  }
  const fail = (): never => {
    throw new RangeError('as it should')
  }
  let pool = make({ maxWorkers: 1, onOutput: () => {} })
  pool.on('workerError', () => {})
  const all = (await pool.submit(places)).filter(chosen)
  for (const [owner, key] of all) {
    for (const how of ['silent', 'throws'] as const) {
      const what = `${owner} ${key} ${how}`
      const results = Promise.all([
        ending(`${what}: replacing`, pool.submit(replace, [owner, key, how]), hung, limit),
        ending(`${what}: number`, pool.submit(add, [1, 2]), hung, limit),
        ending(`${what}: object`, pool.submit(wrap, [5]), hung, limit),
        ending(`${what}: promise`, pool.submit(later, [7]), hung, limit),
        ending(
          `${what}: error`,
          pool.submit(fail).catch((error: unknown) => `${error}`),
          hung,
          limit,
        ),
      ])
      const [, number, object, promise] = await results
      // Tasks of a turn of their own: the worker has slept in between.
      const again = await ending(`${what}: again`, pool.submit(add, [3, 4]), hung, limit)
      const restored = await ending(`${what}: restoring`, pool.submit(restore), hung, limit)
      for (const [result, wanted] of [
        [number, 3],
        [object, { n: 5 }],
        [promise, 7],
        [again, 7],
      ] as const) {
        if (result === 'failed') failed.push(what)
        else if (result !== 'late' && JSON.stringify(result) !== JSON.stringify({ value: wanted })) wrong.push(what)
      }
      if (hung.length > 5) return { tried: all.length, hung, wrong, failed }
      if (restored === 'failed' || restored === 'late') {
        await pool.shutdown({ timeout: 1000, cancelPending: true }).catch(() => {})
        pool = make({ maxWorkers: 1, onOutput: () => {} })
        pool.on('workerError', () => {})
      }
    }
  }
  const closed = await ending(
    'shutdown',
    pool.shutdown().then(() => 'shut down'),
    hung,
    limit,
  )
  if (closed === 'late') await pool.shutdown({ timeout: 0 })
  return { tried: all.length, hung, wrong, failed }
}

const everything = process.env['LOOP_ALL_INTRINSICS'] !== undefined

/** All of them with LOOP_ALL_INTRINSICS, a minute or two; else a few of all, and what workers use most. */
const slice =
  (step: number, used: RegExp) =>
  ([owner, key]: Place, index: number): boolean =>
    everything || index % step === 0 || owner === 'Atomics' || used.test(key)

test.each([
  {
    name: 'threads',
    make: (options: PoolOptions) => new ThreadPoolExecutor(options),
    chosen: slice(20, /^(push|pop|then|get|set|has|stringify|apply|call|postMessage|keys|emit|send|exit|slice)$/),
  },
  {
    // A process costs ten times as much to start again as a thread.
    name: 'processes',
    make: (options: PoolOptions) => new ProcessPoolExecutor(options),
    chosen: slice(100, /^(push|then|stringify|send)$/),
  },
])('$name', { timeout: 600_000 }, async ({ name, make, chosen }) => {
  const { tried, hung, wrong, failed } = await tryAll(make, chosen)
  if (everything)
    console.log(`${name}: ${tried} things replaced in two ways; tasks failed after ${new Set(failed).size}`, [
      ...new Set(failed),
    ])
  expect(tried).toBeGreaterThan(20)
  expect(hung).toEqual([])
  expect(wrong).toEqual([])
})
