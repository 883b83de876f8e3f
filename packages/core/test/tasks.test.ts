import { afterEach, describe, expect, test } from 'vitest'
import type { Coroutine, EventLoop, Suspension } from '../src/index.ts'
import { allTasks, currentTask, ensureFuture, sleep } from '../src/index.ts'
import { leakCheck, recorder } from '../src/testing/index.ts'
import { bothForms, virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})
const newLoop = (): EventLoop => leaks.watch(virtualLoop())

describe('what a task runs', () => {
  test('both kinds of coroutine function give their result', async () => {
    const loop = newLoop()
    expect(
      await loop.runUntilComplete(async () => {
        await sleep(1)
        return 'async'
      }),
    ).toBe('async')
    expect(
      await loop.runUntilComplete(function* (): Coroutine<string> {
        yield* sleep(1)
        return 'generator'
      }),
    ).toBe('generator')
  })

  test('a plain function may return a promise, a future, a helper or a value', async () => {
    const loop = newLoop()
    const future = loop.createFuture<string>()
    future.setResult('future')
    expect(await loop.runUntilComplete(() => Promise.resolve('promise'))).toBe('promise')
    expect(await loop.runUntilComplete(() => future)).toBe('future')
    expect(await loop.runUntilComplete(() => sleep(1, 'helper'))).toBe('helper')
    expect(await loop.runUntilComplete((() => 'value') as never)).toBe('value')
  })

  test('an exception before the first wait ends the task, in every kind', async () => {
    const loop = newLoop()
    const fail = (): never => {
      throw new Error('at once')
    }
    await expect(loop.runUntilComplete(fail)).rejects.toThrow('at once')
    await expect(loop.runUntilComplete(async () => fail())).rejects.toThrow('at once')
    await expect(
      loop.runUntilComplete(function* (): Coroutine<void> {
        fail()
      }),
    ).rejects.toThrow('at once')
  })
})

describe('what a generator may yield', () => {
  /** Runs a generator that yields what `make` gives, and says what came back, or the error that was thrown there. */
  async function yielding(make: () => unknown): Promise<unknown> {
    const loop = newLoop()
    return loop.runUntilComplete(function* (): Coroutine<unknown> {
      try {
        return yield make() as Suspension
      } catch (error) {
        return error
      }
    })
  }

  test('a promise: its value or its error', async () => {
    const thenable = {
      then(resolve: (value: string) => void) {
        resolve('thenable')
      },
    }
    expect(await yielding(() => Promise.resolve('value'))).toBe('value')
    expect(await yielding(() => Promise.reject(new Error('rejected')))).toEqual(new Error('rejected'))
    expect(await yielding(() => thenable)).toBe('thenable')
  })

  test('nothing: it gives way for one turn', async () => {
    const loop = newLoop()
    const { events, push } = recorder<string>()
    await loop.runUntilComplete(function* (): Coroutine<void> {
      loop.callSoon(push, 'other')
      yield
      push('after yield')
      loop.callSoon(push, 'other')
      yield null
      push('after yield null')
    })
    expect(events).toEqual(['other', 'after yield', 'other', 'after yield null'])
  })

  test('anything else is a TypeError thrown at the yield, which says what to do', async () => {
    for (const value of [5, 'text', {}, () => {}, true, Symbol('x')]) {
      expect(await yielding(() => value)).toEqual(
        expect.objectContaining({ name: 'TypeError', message: expect.stringContaining('yield*') }),
      )
    }
  })

  test('the task may go on after a bad value', async () => {
    const loop = newLoop()
    const result = await loop.runUntilComplete(function* (): Coroutine<string> {
      try {
        yield 5 as never
      } catch {
        yield* sleep(1)
      }
      return 'went on'
    })
    expect(result).toBe('went on')
  })
})

describe('what cannot be awaited', () => {
  bothForms('a task by itself', async ({ coroutine }) => {
    const loop = newLoop()
    const task: ReturnType<EventLoop['createTask']> = loop.createTask(coroutine(() => task))
    await loop.runUntilComplete(() => sleep(5))
    expect(task.done()).toBe(true)
    expect(task.exception()).toEqual(
      expect.objectContaining({ name: 'InvalidStateError', message: expect.stringContaining('cannot await itself') }),
    )
  })

  bothForms('a pending future of another loop', async ({ coroutine }) => {
    const loop = newLoop()
    const foreign = newLoop().createFuture<null>()
    await expect(loop.runUntilComplete(coroutine(() => foreign))).rejects.toThrow(
      expect.objectContaining({ name: 'InvalidStateError', message: expect.stringContaining('another loop') }),
    )
  })

  bothForms('unless it is wrapped', async ({ coroutine }) => {
    const other = newLoop()
    const loop = newLoop()
    const foreign = other.createFuture<string>()
    const { events, push } = recorder<string>()
    const waiting = loop.runUntilComplete(
      coroutine(() => {
        const wrapped = loop.wrap(foreign)
        wrapped.addDoneCallback(() => push(wrapped.result()))
        return wrapped
      }),
    )
    other.callLater(5, () => {
      foreign.setResult('from the other loop')
    })
    await Promise.all([waiting, other.runUntilComplete(() => sleep(10))])
    expect(events).toEqual(['from the other loop'])
  })
})

describe('names', () => {
  test('are given, or numbered', () => {
    const loop = newLoop()
    const named = loop.createTask(async () => {}, { name: 'mine' })
    const [first, second] = [loop.createTask(async () => {}), loop.createTask(async () => {})]
    expect(named.getName()).toBe('mine')
    expect(first.getName()).toMatch(/^Task-\d+$/)
    expect(second.getName()).not.toBe(first.getName())
    second.setName('renamed')
    expect([second.getName(), String(second)]).toEqual(['renamed', '[object Task]'])
    return loop.runUntilComplete(() => sleep(1))
  })
})

test('a task is ended by its coroutine only', async () => {
  const loop = newLoop()
  const task = loop.createTask(() => sleep(1))
  const refused = expect.objectContaining({ name: 'InvalidStateError' })
  expect(() => {
    task.setResult(undefined)
  }).toThrow(refused)
  expect(() => {
    task.setException(new Error('no'))
  }).toThrow(refused)
  await loop.runUntilComplete(task)
})

describe('who is current', () => {
  bothForms('each task in its own steps, nobody in callbacks', async ({ coroutine }) => {
    const loop = newLoop()
    const { events, push } = recorder<string | undefined>()
    const observe = (): void => {
      push(currentTask()?.getName())
    }
    const steps = coroutine(
      observe,
      () => sleep(0),
      observe,
      () => sleep(1),
      observe,
    )
    const tasks = ['a', 'b'].map((name) => loop.createTask(steps, { name }))
    loop.callSoon(observe)
    await loop.runUntilComplete(() => Promise.all(tasks))
    expect(events).toEqual(['a', 'b', undefined, 'a', 'b', 'a', 'b'])
  })

  test('nobody outside a loop', () => {
    expect(currentTask()).toBeNull()
    expect(() => allTasks()).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
  })
})

test('allTasks holds the tasks that are not done', async () => {
  const loop = newLoop()
  const names = await loop
    .runUntilComplete(async () => {
      const quick = loop.createTask(() => sleep(1), { name: 'quick' })
      const slow = loop.createTask(() => sleep(3), { name: 'slow' })
      const before = [...allTasks()].map((task) => task.getName()).sort()
      await quick
      const after = [...allTasks()].map((task) => task.getName()).sort()
      await slow
      return [before, after]
    })
    .then((lists) => lists.map((list) => list.filter((name) => !name.startsWith('Task-'))))
  expect(names).toEqual([['quick', 'slow'], ['slow']])
})

describe('ensureFuture', () => {
  test('takes futures, coroutine functions and promises, and nothing else', async () => {
    const loop = newLoop()
    const outcome = await loop.runUntilComplete(async () => {
      const future = loop.createFuture<string>()
      future.setResult('future')
      expect(ensureFuture(future)).toBe(future)
      expect(() => ensureFuture(5 as never)).toThrow(TypeError)
      return [
        await ensureFuture(future),
        await ensureFuture(async () => 'task'),
        await ensureFuture(Promise.resolve('promise')),
      ]
    })
    expect(outcome).toEqual(['future', 'task', 'promise'])
    expect(() => ensureFuture(Promise.resolve())).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
  })
})

bothForms('a task that is awaited by several wakes them in order, with the same result', async ({ coroutine }) => {
  const loop = newLoop()
  const { events, push } = recorder<string>()
  const shared = loop.createTask(() => sleep(1, 'result'))
  const waiter = (name: string) =>
    coroutine(
      () => shared,
      () => push(`${name} ${shared.result()}`),
    )
  const waiters = ['a', 'b', 'c'].map((name) => loop.createTask(waiter(name)))
  await loop.runUntilComplete(() => Promise.all(waiters))
  expect(events).toEqual(['a result', 'b result', 'c result'])
})
