import { gather, getRunningLoop, run, sleep } from '@loop/core'
import { memoryPipe } from '@loop/core/testing'
import { Lock, Queue } from '@loop/sync'
import { expect, test } from 'vitest'
import type { DeterministicLoop } from '../src/index.ts'
import { DeadlockError, deterministicLoop } from '../src/index.ts'

const places = (message: string) => message.replace(/\((?:file:\/\/)?\/[^)]*?([\w-]+\.test\.ts):\d+:\d+\)/g, '($1)')

async function failureOf(program: () => Promise<unknown>, options = {}): Promise<Error> {
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
  expect((error as DeadlockError).tasks.map(({ name }) => name)).toEqual([expect.stringMatching(/^Task-\d+$/), 'there', 'back'])
  expect(places(error.message).replace(/Task-\d+/, 'Task-N').split('\n')).toEqual([
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
    message: expect.stringMatching(/1 task waits, and nothing can wake it.*\n {2}Task-\d+ \(main\) waits for a future\n/) as string,
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
  const error = await failureOf(async () => {
    await gather([getRunningLoop().wrap(new Promise(() => {}))])
  })
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
