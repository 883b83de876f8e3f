import { asCompleted, gather, getRunningLoop, run, shield, sleep, taskGroup, wait, waitFor } from '@loop/core'
import { memoryPipe } from '@loop/core/testing'
import { Event, Lock, Queue } from '@loop/sync'
import { describe, expect, test } from 'vitest'
import type { DeterministicLoop, DeterministicLoopOptions } from '../src/index.ts'
import { DeadlockError, deterministicLoop } from '../src/index.ts'

const places = (message: string) => message.replace(/\((?:file:\/\/)?\/[^)]*?([\w-]+\.test\.ts):\d+:\d+\)/g, '($1)')

async function failureOf(program: () => PromiseLike<unknown>, options = {}): Promise<Error> {
  return run(program, { loopFactory: deterministicLoop(options) }).then(
    () => new Error('it did not fail'),
    (error: unknown) => error as Error,
  )
}

test('two locks taken in opposite order: each task, what it waits for and where', async () => {
  const error = await failureOf(async () => {
    const [a, b] = [new Lock(), new Lock()]
    async function transfer(first: Lock, second: Lock) {
      await first.acquire()
      await sleep(10)
      await second.acquire()
    }
    const loop = getRunningLoop()
    loop.createTask(() => transfer(a, b), { name: 'there' })
    const back = loop.createTask(() => transfer(b, a), { name: 'back' })
    await back
  })
  expect(error).toBeInstanceOf(DeadlockError)
  expect((error as DeadlockError).tasks.map(({ name }) => name)).toEqual([
    expect.stringMatching(/^Task-\d+$/),
    'there',
    'back',
  ])
  expect(
    places(error.message)
      .replace(/Task-\d+/, 'Task-N')
      .split('\n'),
  ).toEqual([
    'deadlock: 3 tasks wait, and nothing can wake them (at 10 ms)',
    expect.stringMatching(/^ {2}Task-N waits for back, made at .*\/deadlocks\.test\.ts:\d+:\d+$/),
    '  there waits for a future, made at transfer (deadlocks.test.ts)',
    '  back waits for a future, made at transfer (deadlocks.test.ts)',
    'If something outside the loop is to wake them, hold the time meanwhile: loop.clock.hold().',
  ])
})

test('a generator task, with debug off: what is known without sources', async () => {
  const error = await run(
    function* main() {
      yield* new Queue<string>().get()
    },
    { loopFactory: deterministicLoop({ debug: false }) },
  ).catch((thrown: unknown) => thrown as Error)
  expect(error).toMatchObject({
    name: 'DeadlockError',
    message: expect.stringMatching(
      /1 task waits, and nothing can wake it.*\n {2}Task-\d+ \(main\) waits for a future\n/,
    ) as string,
  })
})

test('the tasks are cancelled and can clean up when the run ends', async () => {
  const log: string[] = []
  const error = await failureOf(async () => {
    try {
      await getRunningLoop().createFuture()
    } finally {
      log.push('cleaned up')
    }
  })
  expect([error.name, log]).toEqual(['DeadlockError', ['cleaned up']])
})

test('runForever ends with it too; without tasks it just waits', async () => {
  const loop = deterministicLoop()()
  loop.callLater(5, () => loop.createTask(() => loop.createFuture()))
  await expect(loop.runForever()).rejects.toThrow('at 5 ms')
  const idle = deterministicLoop()()
  const running = idle.runForever()
  await new Promise((resolve) => setTimeout(resolve, 5))
  idle.callSoonThreadsafe(() => {
    idle.stop()
  })
  await running
  idle.close()
})

test('a promise from outside gets its time, and is named when it never settles', async () => {
  const settles = new Promise<string>((resolve) => setTimeout(resolve, 30, 'in time'))
  expect(await run(async () => await settles, { loopFactory: deterministicLoop() })).toBe('in time')
  const error = await failureOf(
    async () => {
      await gather([getRunningLoop().wrap(new Promise(() => {}))])
    },
    { patienceMs: 50 },
  )
  expect(error.message).toContain('If a promise from outside the loop takes this long')
})

test('watched sources, held time and a test that moves the time are no deadlock', async () => {
  const log: string[] = []
  const soon = (wake: () => void) => setTimeout(wake, 10)
  await run(
    async () => {
      const loop = getRunningLoop() as DeterministicLoop
      const pipe = memoryPipe()
      const received = loop.createFuture<void>()
      loop.addReader(pipe.reader, () => {
        loop.removeReader(pipe.reader)
        received.setResult()
      })
      soon(() => {
        pipe.write()
      })
      await received
      log.push('source')
      using _held = loop.clock.hold()
      const told = loop.createFuture<void>()
      soon(() => {
        told.setResult()
      })
      await told
      log.push('held')
    },
    { loopFactory: deterministicLoop() },
  )
  const loop = deterministicLoop({ autojump: false })()
  const queue = new Queue<string>()
  const getting = loop.runUntilComplete(async () => await queue.get())
  await loop.clock.advance(1000)
  queue.putNowait('from the test')
  log.push(await getting)
  loop.close()
  expect(log).toEqual(['source', 'held', 'from the test'])
})

describe('beside tasks that only tick', () => {
  /** Looked at early: what is found is the same as with the default. */
  const soon: DeterministicLoopOptions = { deadlockAfter: 2000, debug: false }
  const heartbeat = async () => {
    for (;;) await sleep(1000)
  }
  const beat = () => getRunningLoop().createTask(heartbeat, { name: 'beat' })
  const tick = (times: number) => async () => {
    for (let i = 0; i < times; i++) await sleep(1000)
  }

  test.each<[string, () => PromiseLike<unknown>]>([
    [
      'an event that nobody sets',
      async () => {
        beat()
        await new Event().wait()
      },
    ],
    [
      'a future beside two heartbeats of a generator',
      async () => {
        for (const ms of [700, 1100])
          getRunningLoop().createTask(function* () {
            for (;;) yield* sleep(ms)
          })
        await getRunningLoop().createFuture()
      },
    ],
    [
      'a timer that sets itself again',
      async () => {
        const again = () => getRunningLoop().callLater(1000, again)
        again()
        await new Queue().get()
      },
    ],
    [
      'two locks in opposite order',
      async () => {
        beat()
        const [a, b] = [new Lock(), new Lock()]
        const both = (first: Lock, second: Lock) => async () => {
          await first.acquire()
          await sleep(10)
          await second.acquire()
        }
        await gather([both(a, b), both(b, a)])
      },
    ],
    [
      'one of a group, while another of it ticks',
      () =>
        taskGroup(async (group) => {
          group.createTask(heartbeat)
          group.createTask(async () => new Event().wait())
        }),
    ],
    [
      'through a task and a shield',
      async () => {
        beat()
        await shield(getRunningLoop().createTask(async () => new Event().wait()))
      },
    ],
  ])('%s is found', async (_name, program) => {
    const error = await failureOf(program, soon)
    expect(error).toBeInstanceOf(DeadlockError)
    expect(error.message).toMatch(
      /^deadlock: the main task has waited since \d+ ms for what nothing ends, while others went on \(until \d+ ms\)\n/,
    )
  })

  test('tasks that wait for each other in a circle are found', async () => {
    const loop = deterministicLoop(soon)()
    loop.setExceptionHandler(() => {})
    const main = loop.runUntilComplete(async () => {
      beat()
      const tasks: PromiseLike<unknown>[] = []
      for (const other of [1, 0])
        tasks.push(
          loop.createTask(async () => {
            await tasks[other]
          }),
        )
      await tasks[0]
    })
    await expect(main).rejects.toThrow(DeadlockError)
    loop.close()
  })

  test('the error names who waits, and who ticks', async () => {
    const error = await failureOf(
      async () => {
        beat()
        await new Event().wait()
      },
      { deadlockAfter: 2000 },
    )
    expect(
      places(error.message)
        .split('\n')
        .map((line) => line.replace(/Task-\d+/, 'main').replace(/, made at .*/, ', made at …')),
    ).toEqual([
      expect.stringContaining('the main task has waited'),
      '  main waits for a future, made at …',
      '  beat (heartbeat) waits for Sleep, made at …',
      'If it only takes this long, allow for more: deterministicLoop({ deadlockAfter }), a number of jumps of time.',
    ])
  })

  test.each<[string, () => PromiseLike<unknown>]>([
    ['a main task that ticks itself', tick(5000)],
    ['a task that ticks', async () => getRunningLoop().createTask(tick(5000))],
    ['a gather of tasks that tick', () => gather([tick(5000), tick(10)])],
    [
      'the first of several',
      () => wait([beat(), getRunningLoop().createTask(tick(5000))], { returnWhen: 'FIRST_COMPLETED' }),
    ],
    ['a shield of a task that ticks', async () => shield(getRunningLoop().createTask(tick(5000)))],
    ['a limit', () => waitFor(tick(5000), 1e9)],
    [
      'a timer that was far away in the beginning',
      async () => {
        const done = new Event()
        getRunningLoop().callLater(5_000_000, () => {
          done.set()
        })
        beat()
        await done.wait()
      },
    ],
    [
      'a worker that waits for its next job, when main ticks',
      async () => {
        getRunningLoop().createTask(async () => new Queue().get())
        await tick(5000)()
      },
    ],
    [
      'traffic between tasks',
      async () => {
        const [queue, done] = [new Queue<number>(), new Event()]
        getRunningLoop().createTask(async () => {
          while ((await queue.get()) < 4000);
          done.set()
        })
        getRunningLoop().createTask(async () => {
          for (let i = 0; ; i++) {
            await sleep(10)
            queue.putNowait(i)
          }
        })
        await done.wait()
      },
    ],
    [
      'the first of the entries as they come',
      async () => {
        for (const next of asCompleted([tick(1500)])) await next
      },
    ],
  ])('%s is none', async (_name, program) => {
    expect(
      await run(
        async () => {
          await program()
          return 'done'
        },
        { loopFactory: deterministicLoop(soon) },
      ),
    ).toBe('done')
  })

  test('a second run that is refused leaves the first its watch', async () => {
    const loop = deterministicLoop(soon)()
    const main = loop.runUntilComplete(async () => {
      beat()
      await expect(loop.runUntilComplete(async () => {})).rejects.toThrow('already running')
      await new Event().wait()
    })
    await expect(main).rejects.toThrow(DeadlockError)
    loop.setExceptionHandler(() => {})
    loop.close()
  })

  test('it can be turned off, and must be a number', async () => {
    const program = async () => {
      const done = new Event()
      getRunningLoop().createTask(async () => {
        await tick(3000)()
        done.set()
      })
      await done.wait()
    }
    expect((await failureOf(program, soon)).name).toBe('DeadlockError')
    await run(program, { loopFactory: deterministicLoop({ ...soon, deadlockAfter: Infinity }) })
    expect(() => deterministicLoop({ deadlockAfter: NaN })()).toThrow(
      'deadlockAfter is a number of jumps, 0 or more, not NaN',
    )
  })
})
