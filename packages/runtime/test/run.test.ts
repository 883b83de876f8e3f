import { Program } from '@loop/test-kit'
import { expect, test } from 'vitest'
import type { DoorClient } from '../src/index.ts'
import {
  CancelledError,
  EventLoop,
  getRunningLoop,
  InvalidStateError,
  nativeLoop,
  run,
  sleep,
  ThreadPoolExecutor,
} from '../src/index.ts'

test('run gives the result of main, on a loop with everything wired', async () => {
  const result = await run(async () => {
    const loop = getRunningLoop()
    const squared = await loop.runInExecutor(null, (x: number) => x * x, 12)
    return { squared, selector: loop.selector.name }
  })
  expect(result.squared).toBe(144)
  expect(['epoll', 'kqueue', 'uv', 'poll']).toContain(result.selector)
})

test('what main leaves behind is cancelled and awaited, its errors are reported, and the loop is closed', async () => {
  const events: unknown[] = []
  const loop = await run(async () => {
    const running = getRunningLoop()
    running.setExceptionHandler((_loop, { message, exception }) => events.push(message, String(exception)))
    running.createTask(
      async () => {
        try {
          await sleep(60_000)
        } finally {
          await sleep(1)
          events.push('cleaned up')
        }
      },
      { name: 'clean' },
    )
    running.createTask(
      async () => {
        try {
          await sleep(60_000)
        } catch (error) {
          if (error instanceof CancelledError) throw new Error('clean-up failed', { cause: error })
        }
      },
      { name: 'failing' },
    )
    await sleep(0)
    return running
  })
  expect(events).toEqual(['cleaned up', 'unhandled exception during shutdown: failing', 'Error: clean-up failed'])
  expect(loop.isClosed()).toBe(true)
  expect(process.listenerCount('SIGINT')).toBe(0)
})

test('parts can be replaced: a loop of the user, with an executor of the user', async () => {
  const executor = new ThreadPoolExecutor({ maxWorkers: 1 })
  const name = await run(async () => getRunningLoop().runInExecutor(null, () => 'from a thread'), {
    loopFactory: () => nativeLoop({ executor }),
  })
  expect(name).toBe('from a thread')
})

test('Ctrl+C cancels main, which cleans up; run throws InterruptedError', async () => {
  await using program = new Program(new URL('programs/interrupted.ts', import.meta.url))
  await program.line('ready')
  program.kill('SIGINT')
  expect(await program.end()).toMatchObject({
    code: 0,
    errors: '',
    lines: ['ready', 'cleaned up', 'InterruptedError', 'listeners 0'],
  })
})

test('Ctrl+C reaches main on a loop of the user too', async () => {
  await using program = new Program(new URL('programs/interrupted.ts', import.meta.url), ['own-loop'])
  await program.line('ready')
  program.kill('SIGINT')
  expect(await program.end()).toMatchObject({
    code: 0,
    errors: '',
    lines: ['ready', 'cleaned up', 'InterruptedError', 'listeners 0'],
  })
})

test('a loop without signals runs a program all the same', async () => {
  expect(await run(async () => sleep(0, 'done'), { loopFactory: () => new EventLoop() })).toBe('done')
})

test('an option that is undefined leaves the part that is wired', () => {
  using loop = nativeLoop({ selector: undefined, executor: undefined, door: undefined, signals: undefined } as never)
  expect(loop.selector.name).not.toBe('host')
  loop.addSignalHandler('SIGHUP', () => {})
  expect(loop.removeSignalHandler('SIGHUP')).toBe(true)
})

test('the second Ctrl+C ends the process, also when the clean-up hangs', async () => {
  await using program = new Program(new URL('programs/interrupted.ts', import.meta.url), ['hang'])
  await program.line('ready')
  program.kill('SIGINT')
  await program.line('cleaning up')
  program.kill('SIGINT')
  expect((await program.end()).code).toBe(130)
})

test('a promise is refused as main', async () => {
  await expect(run(Promise.resolve() as never)).rejects.toThrow(
    /takes a coroutine function, and got a promise: pass the function without calling it, run\(work\) instead of run\(work\(\)\)/,
  )
})

test('other threads reach the loop through its door', async () => {
  const results = await run(async () => {
    const loop = getRunningLoop()
    const arrived = loop.createFuture<string>()
    const door = loop.threadsafe()
    door.register('result', (result: string) => {
      arrived.setResult(result)
    })
    await loop.runInExecutor(
      null,
      (inside: DoorClient) => {
        inside.callSoon('result', 'from thread')
      },
      door as unknown as DoorClient,
    )
    return [await arrived, door === loop.threadsafe()]
  })
  expect(results).toEqual(['from thread', true])
})

test('a run inside of a task is refused, as by the core', async () => {
  await run(async () => {
    await expect(run(async () => {})).rejects.toThrow(InvalidStateError)
  })
})
