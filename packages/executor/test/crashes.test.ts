/** Workers that really die: only what they were running is lost, and the rest runs on their replacements. */
import { describe, expect, test } from 'vitest'
import { TimeoutError } from '@loop/core'
import {
  BrokenExecutorError,
  ProcessPoolExecutor,
  ThreadPoolExecutor,
  type PoolExecutor,
  type PoolOptions,
} from '../src/index.ts'
import { Baton, hold } from './baton.ts'

const add = (a: number, b: number): number => a + b

const kinds: { name: string; make: (options: PoolOptions) => PoolExecutor }[] = [
  {
    name: 'threads',
    make: (options) => new ThreadPoolExecutor({ ...options, resourceLimits: { maxOldGenerationSizeMb: 16 } }),
  },
  {
    name: 'processes',
    make: (options) => new ProcessPoolExecutor({ ...options, execArgv: ['--max-old-space-size=24'] }),
  },
]

/** Ways to take a worker down from inside a task. */
const deaths: Record<string, () => unknown> = {
  'process.exit': () => process.exit(7),
  'an error outside the task': async () => {
    setTimeout(() => {
      throw new Error('stray')
    })
    await new Promise(() => {})
  },
  'a rejection that nobody handles': async () => {
    void Promise.reject(new Error('stray'))
    await new Promise(() => {})
  },
  'running out of memory': () => {
    const all: unknown[] = []
    for (;;) all.push(new Array(10_000).fill(all.length))
  },
}

describe.each(kinds)('$name', ({ make }) => {
  test.each(Object.keys(deaths))('%s loses that task and no other', async (way) => {
    await using pool = make({ maxWorkers: 1 })
    const before = Array.from({ length: 5 }, (_, i) => pool.submit(add, [i, 0]))
    const fatal = pool.submit(deaths[way]!, [])
    const after = Array.from({ length: 20 }, (_, i) => pool.submit(add, [i, 100]))
    const error = await fatal.then(
      () => null,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(BrokenExecutorError)
    expect((error as BrokenExecutorError).lost).toBe(1)
    expect(await Promise.all(before)).toEqual([0, 1, 2, 3, 4])
    expect(await Promise.all(after)).toEqual(Array.from({ length: 20 }, (_, i) => i + 100))
    expect(pool.statistics()).toMatchObject({ submitted: 26, succeeded: 25, lost: 1, crashed: 1 })
  })

  test('the exit code is told', async () => {
    await using pool = make({ maxWorkers: 1 })
    const error = await pool
      .submit(() => process.exit(7), [])
      .then(
        () => null,
        (reason: unknown) => reason,
      )
    expect((error as BrokenExecutorError).exitCode).toBe(7)
    expect((error as BrokenExecutorError).message).toMatch(/exit code 7/)
  })

  test('answers that were given before the end are kept', async () => {
    await using pool = make({ maxWorkers: 1 })
    await pool.submit(add, [1, 2])
    const values = Array.from({ length: 50 }, (_, i) => pool.submit((n: number) => ({ n }), [i]))
    const fatal = pool.submit(() => process.exit(0), [])
    await expect(fatal).rejects.toThrow(BrokenExecutorError)
    expect((await Promise.all(values)).map(({ n }) => n)).toEqual(Array.from({ length: 50 }, (_, i) => i))
  })

  test('a time limit with kill ends the worker and replaces it', async () => {
    await using pool = make({ maxWorkers: 1 })
    const endless = pool.submit(
      () => {
        for (;;);
      },
      [],
      { timeout: 50, kill: true },
    )
    const waiting = pool.submit(add, [1, 2])
    await expect(endless).rejects.toThrow(TimeoutError)
    expect(await waiting).toBe(3)
    expect(pool.statistics()).toMatchObject({ failed: 1, succeeded: 1, lost: 0, crashed: 1 })
  })

  test('an abort with kill too', async () => {
    await using baton = await Baton.create()
    await using pool = make({ maxWorkers: 1 })
    const controller = new AbortController()
    const held = pool.submit(hold, [baton.port], { signal: controller.signal, kill: true })
    await baton.held()
    const waiting = pool.submit(add, [1, 2])
    controller.abort()
    await expect(held).rejects.toThrow(/aborted/)
    expect(await waiting).toBe(3)
  })

  test('a time limit without kill stops a computation that looks at its signal', async () => {
    await using pool = make({ maxWorkers: 1 })
    const { signal } = new AbortController()
    const looking = (given: AbortSignal): string => {
      while (!given.aborted);
      return 'stopped'
    }
    await expect(pool.submit(looking, [signal], { timeout: 30 })).rejects.toThrow(TimeoutError)
    expect(await pool.submit(add, [1, 2])).toBe(3)
    expect(pool.statistics().crashed).toBe(0)
  })

  test('workers that die at start-up end the pool instead of looping', async () => {
    const pool = make({ maxWorkers: 2, initializer: () => process.exit(3) })
    const tasks = [pool.submit(add, [1, 1]), pool.submit(add, [2, 2])]
    const results = await Promise.allSettled(tasks)
    for (const result of results) expect((result as PromiseRejectedResult).reason).toBeInstanceOf(BrokenExecutorError)
    expect((results[0] as PromiseRejectedResult).reason).toMatchObject({
      message: expect.stringMatching(/3 workers in a row/) as string,
    })
    expect(() => pool.submit(add, [1, 1])).toThrow(/takes no more work/)
    await pool.shutdown()
  })

  test('a worker ends after maxTasksPerWorker and is replaced', async () => {
    await using pool = make({ maxWorkers: 1, maxTasksPerWorker: 2 })
    const identity = (): number => ((globalThis as { mark?: number }).mark ??= Math.random())
    const marks = []
    for (let i = 0; i < 6; i++) marks.push(await pool.submit(identity, []))
    expect(new Set(marks).size).toBe(3)
    expect(pool.statistics()).toMatchObject({ succeeded: 6, crashed: 0 })
  })

  test('shutdown with a time limit ends what does not end', async () => {
    const pool = make({ maxWorkers: 1 })
    await pool.submit(add, [1, 1])
    const endless = pool.submit(() => {
      for (;;);
    }, [])
    const waiting = pool.submit(add, [1, 2])
    const outcome = Promise.allSettled([endless, waiting])
    await pool.shutdown({ timeout: 100 })
    expect((await outcome).map((each) => each.status)).toEqual(['rejected', 'rejected'])
  })
})

describe('processes, by signal', () => {
  test.skipIf(process.platform === 'win32').each(['SIGKILL', 'SIGSEGV'] as const)(
    '%s loses that task and no other',
    async (signal) => {
      await using pool = new ProcessPoolExecutor({ maxWorkers: 1 })
      const fatal = pool.submit(
        async (name: string) => {
          process.kill(process.pid, name)
          await new Promise(() => {})
        },
        [signal],
      )
      const after = pool.submit(add, [1, 2])
      const error = await fatal.then(
        () => null,
        (reason: unknown) => reason,
      )
      expect(error).toBeInstanceOf(BrokenExecutorError)
      expect(error).toMatchObject({ signal, exitCode: null, lost: 1 })
      expect(await after).toBe(3)
    },
  )
})

describe.each(kinds)('$name: chaos', ({ make }) => {
  test('10,000 tasks on workers that are killed at random: each ends once, and the counts add up', async () => {
    await using pool = make({ maxWorkers: 2 })
    // A fixed sequence (Park and Miller's generator), so that a failure can be repeated.
    let seed = 20
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
    const work = (n: number, fatal: boolean): number => {
      if (fatal) process.exit(1)
      return n
    }
    const settled = new Array<number>(10_000).fill(0)
    let fatal = 0
    const tasks = settled.map((_, n) => {
      const dies = random() < 0.002
      if (dies) fatal++
      return pool.submit(work, [n, dies]).then(
        (value) => {
          settled[n]!++
          return value === n && !dies ? 'ok' : 'wrong'
        },
        (error: unknown) => {
          settled[n]!++
          return error instanceof BrokenExecutorError && dies ? 'lost' : 'wrong'
        },
      )
    })
    const outcomes = await Promise.all(tasks)
    const count = (what: string): number => outcomes.filter((outcome) => outcome === what).length
    expect(fatal).toBeGreaterThan(10)
    expect({ ok: count('ok'), lost: count('lost'), wrong: count('wrong') }).toEqual({
      ok: 10_000 - fatal,
      lost: fatal,
      wrong: 0,
    })
    expect(settled.every((times) => times === 1)).toBe(true)
    expect(pool.statistics()).toMatchObject({
      submitted: 10_000,
      succeeded: 10_000 - fatal,
      lost: fatal,
      crashed: fatal,
      waiting: 0,
    })
  })
})

describe('processes: chaos from outside', () => {
  test.skipIf(process.platform === 'win32')(
    '10,000 tasks while workers are shot at random moments: each ends once',
    async () => {
      await using pool = new ProcessPoolExecutor({ maxWorkers: 2 })
      let seed = 7
      const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
      const ends = new Array<number>(10_000).fill(0)
      const wrong: unknown[] = []
      let shot = 0
      const work = (n: number): { n: number; pid: number } => ({ n, pid: process.pid })
      await Promise.all(
        ends.map((_, n) =>
          pool.submit(work, [n]).then(
            (answer) => {
              ends[n]!++
              if (answer.n !== n) wrong.push(answer)
              // At most a few dozen, and never a process that has not answered: start-up deaths would end the pool.
              if (random() < 0.003 && shot < 30) {
                shot++
                try {
                  process.kill(answer.pid, 'SIGKILL')
                } catch {
                  shot--
                }
              }
            },
            (error: unknown) => {
              ends[n]!++
              if (!(error instanceof BrokenExecutorError)) wrong.push(error)
            },
          ),
        ),
      )
      expect(wrong).toEqual([])
      expect(ends.every((times) => times === 1)).toBe(true)
      const { submitted, succeeded, lost, failed, cancelled, waiting, running } = pool.statistics()
      expect({ submitted, failed, cancelled, waiting, running }).toEqual({
        submitted: 10_000,
        failed: 0,
        cancelled: 0,
        waiting: 0,
        running: 0,
      })
      expect(succeeded + lost).toBe(10_000)
      expect(succeeded).toBeGreaterThan(9_000)
      expect(shot).toBeGreaterThan(0)
    },
  )
})
