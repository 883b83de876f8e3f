/**
 * Random mixes of everything that may happen to a task: moves, kills, aborts, time limits, odd errors, long and short
 * runs, deaths of workers. Each task ends once, with its own bytes or by name, and the counts add up. LOOP_STRESS_TASKS
 * sets how many.
 */
import { CancelledError, TimeoutError } from '@loop/core'
import { describe, expect, test } from 'vitest'
import {
  BrokenExecutorError,
  InlineExecutor,
  NotSerializableError,
  ProcessPoolExecutor,
  ThreadPoolExecutor,
  type PoolExecutor,
  type TaskOptions,
} from '../src/index.ts'

const COUNT = Number(process.env['LOOP_STRESS_TASKS'] ?? 1500)

/** What a task is to do. */
type Deed = 'number' | 'bytes' | 'object' | 'later' | 'error' | 'odd' | 'exit' | 'loop' | 'function' | 'print' | 'stray'

const work = (deed: Deed, n: number, bytes: Uint8Array | null): unknown => {
  switch (deed) {
    case 'number':
      return n
    case 'bytes':
      return bytes!.length === 10 + (n % 50) && bytes!.every((byte) => byte === n % 256) ? bytes : 'wrong bytes'
    case 'object':
      return { n, list: [n, n], bytes }
    case 'later':
      return new Promise((resolve) => {
        setTimeout(resolve, n % 5, n)
      })
    case 'error':
      throw Object.assign(new RangeError(String(n)), { n })
    case 'odd': {
      const refuse = (): never => {
        throw new Error('refused')
      }
      const circle: { self?: unknown; n: number } = { n }
      circle.self = circle
      const things = [
        null,
        undefined,
        Symbol('odd'),
        circle,
        () => n,
        Object.create(null),
        new Proxy({}, { get: refuse }),
      ]
      throw things[n % things.length]
    }
    case 'exit':
      return process.exit(3)
    case 'loop':
      for (const end = performance.now() + 3; performance.now() < end;);
      return n
    case 'function':
      return () => n
    case 'print':
      process.stdout.write('')
      return n
    case 'stray':
      setTimeout(() => {
        throw new Error('stray')
      })
      return n
  }
}

interface Trait {
  readonly name: string
  readonly make: () => PoolExecutor
  readonly moves: boolean
  readonly dies: boolean
}

const quiet = (): void => {}
const traits: Trait[] = [
  {
    name: 'threads',
    make: () => new ThreadPoolExecutor({ maxWorkers: 3 }).on('workerError', quiet),
    moves: true,
    dies: true,
  },
  {
    name: 'threads, eight tasks a worker',
    make: () => new ThreadPoolExecutor({ maxWorkers: 2, tasksPerWorker: 8 }).on('workerError', quiet),
    moves: true,
    dies: true,
  },
  {
    name: 'processes',
    make: () => new ProcessPoolExecutor({ maxWorkers: 2, onOutput: quiet }).on('workerError', quiet),
    moves: false,
    dies: true,
  },
  { name: 'inline', make: () => new InlineExecutor(), moves: true, dies: false },
]

describe.each(traits)('$name', ({ make, moves, dies }) => {
  test.each([1, 2])(`${COUNT} tasks, seed %d`, { timeout: 120_000 }, async (seed) => {
    await using pool = make()
    // Park and Miller's generator, so that a failure can be repeated.
    let state = seed * 7919
    const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
    const usual: readonly Deed[] = [
      'number',
      'number',
      'number',
      'bytes',
      'bytes',
      'bytes',
      'object',
      'later',
      'error',
      'odd',
      'loop',
      'function',
      'print',
    ]

    const ends = new Array<number>(COUNT).fill(0)
    const wrong: unknown[] = []
    const judge = (n: number, deed: Deed, expected: boolean, what: unknown): void => {
      ends[n]!++
      if (!expected) wrong.push({ n, deed, what })
    }

    const submit = async (n: number): Promise<void> => {
      const deed: Deed = dies && random() < 0.01 ? (random() < 0.5 ? 'exit' : 'stray') : pick(usual)
      const bytes = deed === 'bytes' || deed === 'object' ? new Uint8Array(10 + (n % 50)).fill(n % 256) : null
      const gone = bytes !== null && moves && random() < 0.02
      if (gone) structuredClone(bytes, { transfer: [bytes.buffer] })
      const controller = random() < 0.1 ? new AbortController() : null
      const options: TaskOptions = {
        priority: pick([0, 0, 0, 1, -1]),
        ...(bytes !== null && moves && (gone || random() < 0.7) ? { transfer: [bytes.buffer] } : {}),
        ...(moves && random() < 0.2 ? { transferResult: true } : {}),
        ...(controller === null ? {} : { signal: controller.signal, kill: dies && random() < 0.3 }),
        ...(random() < 0.05 ? { timeout: pick([1, 20]), kill: dies && random() < 0.5 } : {}),
      }
      const submission = pool.submit(work, [deed, n, bytes], options)
      const cancels = random() < 0.05
      if (cancels) queueMicrotask(() => submission.cancel())
      if (controller !== null)
        setTimeout(
          () => {
            controller.abort()
          },
          Math.floor(random() * 5),
        )
      try {
        const value = await submission
        const right =
          deed === 'bytes'
            ? value instanceof Uint8Array && value.length === 10 + (n % 50)
            : deed === 'object'
              ? (value as { n: number }).n === n && (value as { bytes: Uint8Array }).bytes.length === 10 + (n % 50)
              : value === n
        judge(n, deed, right && !gone, value)
      } catch (error) {
        const ended = error instanceof CancelledError || error instanceof TimeoutError
        const lost = dies && error instanceof BrokenExecutorError
        const own =
          deed === 'odd' ||
          (deed === 'error' && (error as { n?: number }).n === n) ||
          ((deed === 'function' || gone) && error instanceof NotSerializableError)
        judge(
          n,
          deed,
          own || lost || (ended && (controller !== null || cancels || options.timeout !== undefined)),
          error,
        )
      }
    }

    // In waves, so that full and empty queues, cold and warm workers alternate.
    for (let from = 0; from < COUNT;) {
      const size = Math.min(COUNT - from, Math.floor(random() * 200) + 1)
      const wave = Array.from({ length: size }, (_, i) => submit(from + i))
      from += size
      if (random() < 0.7) await Promise.all(wave)
    }
    await pool.shutdown()

    expect(wrong).toEqual([])
    expect(ends.every((times) => times === 1)).toBe(true)
    const { submitted, succeeded, failed, cancelled, lost, waiting, running, workers } = pool.statistics()
    expect({ submitted, waiting, running, workers }).toEqual({ submitted: COUNT, waiting: 0, running: 0, workers: 0 })
    expect(succeeded + failed + cancelled + lost).toBe(COUNT)
  })
})
