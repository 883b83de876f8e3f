import { afterEach, describe, expect, test } from 'vitest'
import type { EventLoop, Future } from '../src/index.ts'
import { sleep } from '../src/index.ts'
import { leakCheck, recorder } from '../src/testing/index.ts'
import { bothForms, virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})
const newLoop = (): EventLoop => leaks.watch(virtualLoop())
const turn = (loop: EventLoop): Promise<undefined> => loop.runUntilComplete(() => sleep(0))

describe('states', () => {
  test('pending', () => {
    const future = newLoop().createFuture<number>()
    expect([future.done(), future.cancelled()]).toEqual([false, false])
    expect(() => future.result()).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
    expect(() => future.exception()).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
  })

  test('with a result', () => {
    const future = newLoop().createFuture<number>()
    future.setResult(7)
    expect([future.done(), future.cancelled(), future.result(), future.exception()]).toEqual([true, false, 7, null])
  })

  test('with an exception, which may be any value', () => {
    const future = newLoop().createFuture<number>()
    future.setException('a string')
    expect([future.done(), future.cancelled(), future.exception()]).toEqual([true, false, 'a string'])
    expect(() => future.result()).toThrow('a string')
  })

  test('cancelled, with the message', () => {
    const future = newLoop().createFuture<number>()
    expect(future.cancel('enough')).toBe(true)
    expect([future.done(), future.cancelled()]).toEqual([true, true])
    const error = expect.objectContaining({ name: 'CancelledError', message: 'enough' })
    expect(() => future.result()).toThrow(error)
    expect(() => future.exception()).toThrow(error)
  })

  test('it is set once', () => {
    const future = newLoop().createFuture<number>()
    future.setResult(1)
    const refused = expect.objectContaining({ name: 'InvalidStateError', message: expect.stringContaining('finished') })
    expect(() => {
      future.setResult(2)
    }).toThrow(refused)
    expect(() => {
      future.setException(new Error('no'))
    }).toThrow(refused)
    expect([future.cancel(), future.result()]).toEqual([false, 1])
  })
})

describe('done callbacks', () => {
  test('they are scheduled, never called inside setResult, in the order they were added', async () => {
    const loop = newLoop()
    const { events, push } = recorder<unknown>()
    const future = loop.createFuture<string>()
    future.addDoneCallback((done) => {
      push('first', done === future)
    })
    future.addDoneCallback(() => {
      push('second')
    })
    future.addDoneCallback(() => {
      push('third')
    })
    loop.callSoon(push, 'ready before')
    future.setResult('x')
    loop.callSoon(push, 'ready after')
    push('setResult returned')
    await turn(loop)
    expect(events).toEqual(['setResult returned', 'ready before', 'first', true, 'second', 'third', 'ready after'])
  })

  test('one added to a done future runs in the next turn', async () => {
    const loop = newLoop()
    const { events, push, on } = recorder<unknown>()
    const future = loop.createFuture<null>()
    future.setResult(null)
    future.addDoneCallback(on('callback'))
    push('returned')
    await turn(loop)
    expect(events).toEqual(['returned', 'callback'])
  })

  test('removeDoneCallback removes every registration of a function, and says how many', async () => {
    const loop = newLoop()
    const { events, on } = recorder<string>()
    const future = loop.createFuture<null>()
    const removed = on('removed')
    const kept = on('kept')
    expect(future.removeDoneCallback(removed)).toBe(0)
    for (const callback of [removed, kept, removed, kept, removed]) future.addDoneCallback(callback)
    expect(future.removeDoneCallback(removed)).toBe(3)
    expect(future.removeDoneCallback(removed)).toBe(0)
    future.setResult(null)
    await turn(loop)
    expect(events).toEqual(['kept', 'kept'])
  })

  test('an error in one reaches the exception handler, and the others run', async () => {
    const loop = newLoop()
    const { events, push, on } = recorder<unknown>()
    loop.setExceptionHandler((_loop, { exception }) => {
      push(exception)
    })
    const future = loop.createFuture<null>()
    future.addDoneCallback(() => {
      throw new Error('in a callback')
    })
    future.addDoneCallback(on('next'))
    future.setResult(null)
    await turn(loop)
    expect(events).toEqual([new Error('in a callback'), 'next'])
  })

  test('what is no function is refused', () => {
    const future = newLoop().createFuture<null>()
    expect(() => {
      future.addDoneCallback('f' as unknown as () => void)
    }).toThrow(TypeError)
  })
})

describe('then, catch, finally', () => {
  test('outside tasks they work as a promise does', async () => {
    const loop = newLoop()
    const done = loop.createFuture<number>()
    const failed = loop.createFuture<number>()
    const cancelled = loop.createFuture<number>()
    const outcomes = Promise.all([
      done.then((value) => value + 1),
      done.then().finally(() => {}),
      failed.catch((error: unknown) => (error as Error).message),
      failed.then(
        () => 'no',
        () => 'rejected',
      ),
      failed.finally(() => {}).catch(() => 'through finally'),
      cancelled.catch((error: unknown) => (error as Error).name),
      done
        .then(() => {
          throw new Error('thrown in then')
        })
        .catch((error: unknown) => (error as Error).message),
      failed
        .catch(() => {
          throw new Error('thrown in catch')
        })
        .catch((error: unknown) => (error as Error).message),
    ])
    done.setResult(1)
    failed.setException(new Error('failed'))
    cancelled.cancel()
    await turn(loop)
    expect(await outcomes).toEqual([
      2,
      1,
      'failed',
      'rejected',
      'through finally',
      'CancelledError',
      'thrown in then',
      'thrown in catch',
    ])
  })

  test('a done future settles without the loop running', async () => {
    const loop = newLoop()
    const future = loop.createFuture<string>()
    future.setResult('at once')
    expect(await future).toBe('at once')
    expect(await future.finally(() => {})).toBe('at once')
  })

  test('combinators of promises take futures', async () => {
    const loop = newLoop()
    const [a, b] = [loop.createFuture<string>(), loop.createFuture<string>()]
    loop.callLater(2, () => {
      a.setResult('a')
    })
    loop.callLater(1, () => {
      b.setResult('b')
    })
    expect(await loop.runUntilComplete(() => Promise.all([a, b]))).toEqual(['a', 'b'])
    expect(await loop.runUntilComplete(() => Promise.race([a, b]))).toBe('a')
  })
})

bothForms('await of a done future goes on at once, of a failed one throws at once', async ({ coroutine }) => {
  const loop = newLoop()
  const { events, push, on } = recorder<unknown>()
  const done = loop.createFuture<null>()
  const failed = loop.createFuture<null>()
  done.setResult(null)
  failed.setException(new Error('failed'))
  const failing = loop.createTask(
    coroutine(
      () => loop.callSoon(push, 'next turn'),
      () => done,
      on('after done'),
      () => failed,
      on('not reached'),
    ),
  )
  failing.addDoneCallback((task) => {
    push((task.exception() as Error).message)
  })
  await turn(loop)
  await turn(loop)
  expect(events).toEqual(['after done', 'next turn', 'failed'])
})

bothForms('waiters and callbacks wake in the order in which they came', async ({ coroutine }) => {
  const loop = newLoop()
  const { events, on } = recorder<string>()
  const future: Future<null> = loop.createFuture()
  loop.createTask(coroutine(() => future, on('task 1')))
  loop.callSoon(() => {
    future.addDoneCallback(on('callback'))
  })
  loop.createTask(coroutine(() => future, on('task 2')))
  loop.callLater(1, () => {
    future.setResult(null)
  })
  await loop.runUntilComplete(() => sleep(2))
  expect(events).toEqual(['task 1', 'callback', 'task 2'])
})

test('futures name themselves', () => {
  const loop = newLoop()
  expect(String(loop.createFuture())).toBe('[object Future]')
})

test('a pending future is for yield* in a task: iterating it otherwise ends with an error instead of never', () => {
  const future = newLoop().createFuture<null>()
  expect(() => [...future]).toThrow(
    expect.objectContaining({ name: 'InvalidStateError', message: expect.stringContaining('yield*') }),
  )
  future.setResult(null)
  expect([...future]).toEqual([])
})
