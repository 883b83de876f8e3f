import { gather, sleep } from '@loop/core'
import { describe, expect, test } from 'vitest'
import { LifoQueue, PriorityQueue, Queue } from '../src/index.ts'
import { bothForms } from './support.ts'

bothForms('a full queue lets producers in as consumers take', function* ({ spawn, log }) {
  const queue = new Queue<number>(2)
  const producer = spawn('producer', function* () {
    for (let i = 1; i <= 4; i++) {
      yield queue.put(i)
      log.push(`put ${i}`)
    }
  })
  yield sleep(10)
  expect(log).toEqual(['put 1', 'put 2'])
  expect([queue.qsize(), queue.full(), queue.empty(), queue.maxsize]).toEqual([2, true, false, 2])
  for (let i = 1; i <= 4; i++) {
    log.push(`got ${(yield queue.get()) as number}`)
    yield sleep(10)
  }
  yield producer
  expect(log).toEqual(['put 1', 'put 2', 'got 1', 'put 3', 'got 2', 'put 4', 'got 3', 'got 4'])
})

bothForms('getters are served in the order of arrival', function* ({ spawn, log }) {
  const queue = new Queue<number>()
  const getters = ['a', 'b', 'c'].map((name) =>
    spawn(name, function* () {
      log.push(`${name}${(yield queue.get()) as number}`)
    }),
  )
  yield sleep(0)
  for (const item of [1, 2, 3]) queue.putNowait(item)
  yield gather(getters)
  expect(log).toEqual(['a1', 'b2', 'c3'])
})

bothForms('join waits until every item is done', function* ({ spawn, log }) {
  const queue = new Queue<string>()
  yield queue.join()
  for (const item of ['x', 'y']) queue.putNowait(item)
  spawn('worker', function* () {
    for (;;) {
      const item = (yield queue.get()) as string
      yield sleep(10)
      log.push(item)
      queue.taskDone()
    }
  })
  yield queue.join()
  log.push('all done')
  expect(log).toEqual(['x', 'y', 'all done'])
  expect(() => {
    queue.taskDone()
  }).toThrow('more often')
})

bothForms('after shutdown what is left can be taken, then everyone is told', function* ({ spawn, log }) {
  const queue = new Queue<string>(1)
  yield queue.put('left')
  const putter = spawn('putter', () => telling(log, 'put', queue.put('late')))
  yield sleep(0)
  queue.shutdown()
  yield putter
  log.push((yield queue.get()) as string)
  yield spawn('getter', () => telling(log, 'get', queue.get()))
  expect(log).toEqual(['put QueueShutDown', 'left', 'get QueueShutDown'])
  expect(() => {
    queue.putNowait('more')
  }).toThrow('takes no more items')
})

bothForms('immediate shutdown drops what is left, wakes getters and ends join', function* ({ spawn, log }) {
  const [queue, idle] = [new Queue<string>(), new Queue<string>()]
  queue.putNowait('dropped')
  const joiner = spawn('joiner', function* () {
    yield queue.join()
    log.push('joined')
  })
  const getter = spawn('getter', () => telling(log, 'get', idle.get()))
  yield sleep(0)
  queue.shutdown(true)
  idle.shutdown(true)
  yield gather([joiner, getter])
  expect(log).toEqual(['joined', 'get QueueShutDown'])
  expect(() => queue.getNowait()).toThrow('shut down and is empty')
})

bothForms('a queue may hold promises', function* ({ form }) {
  const queue = new Queue<Promise<number>>()
  const promise = Promise.resolve(7)
  queue.putNowait(promise)
  const got = yield queue.get()
  // `await` unwraps promises, whatever they come out of; the generator form has the object.
  expect(got).toBe(form.name === 'async' ? 7 : promise)
})

function* telling(log: string[], name: string, waiting: ReturnType<Queue<string>['get']> | ReturnType<Queue<string>['put']>) {
  try {
    yield waiting
    log.push(`${name} went on`)
  } catch (error) {
    log.push(`${name} ${(error as Error).name}`)
  }
}

/** Puts all and takes all. */
function through<T>(queue: Queue<T>, items: readonly T[]): T[] {
  for (const item of items) queue.putNowait(item)
  return items.map(() => queue.getNowait())
}

describe('the order of items', () => {
  test('first in, first out', () => {
    expect(through(new Queue<number>(), [3, 1, 2])).toEqual([3, 1, 2])
  })

  test('last in, first out', () => {
    expect(through(new LifoQueue<number>(), [3, 1, 2])).toEqual([2, 1, 3])
  })

  test('the least first: numbers, strings, dates', () => {
    expect(through(new PriorityQueue<number>(), [10, 9, 2, 33, 1])).toEqual([1, 2, 9, 10, 33])
    expect(through(new PriorityQueue<string>(), ['b', 'a'])).toEqual(['a', 'b'])
    expect(through(new PriorityQueue<Date>(), [new Date(2), new Date(1)])).toEqual([new Date(1), new Date(2)])
  })

  test('the least first: arrays by their first elements that differ', () => {
    const jobs: [number, string][] = [[10, 'a'], [9, 'b'], [9, 'a'], [1, 'z']]
    expect(through(new PriorityQueue<[number, string]>(), jobs)).toEqual([[1, 'z'], [9, 'a'], [9, 'b'], [10, 'a']])
  })

  test('the least first: by a compare function, equals in the order they came', () => {
    const byRank = new PriorityQueue<{ rank: number; name: string }>(0, (a, b) => a.rank - b.rank)
    const items = [...'abcdefgh'].map((name, i) => ({ rank: i % 2, name }))
    expect(through(byRank, items).map(({ name }) => name).join('')).toBe('acegbdfh')
  })

  test('against a sort: a thousand numbers, put and taken in mixed order', () => {
    const queue = new PriorityQueue<number>()
    const reference: number[] = []
    for (let i = 0; i < 1000; i++) {
      const item = (i * 7919) % 1009
      queue.putNowait(item)
      reference.push(item)
      if (i % 3 === 2) {
        reference.sort((a, b) => a - b)
        expect(queue.getNowait()).toBe(reference.shift())
      }
    }
  })

  test('items without an order are refused and change nothing', () => {
    const queue = new PriorityQueue<unknown>()
    queue.putNowait(1)
    expect(() => {
      queue.putNowait({ rank: 2 })
    }).toThrow('object and number have no order; give the PriorityQueue a compare function')
    expect(() => {
      queue.putNowait(NaN)
    }).toThrow('NaN')
    expect([queue.qsize(), queue.getNowait()]).toEqual([1, 1])
  })
})
