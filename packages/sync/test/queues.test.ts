import type { Task } from '@loop/core'
import { gather, sleep, waitFor } from '@loop/core'
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

/** A query that is sent when somebody waits for it. */
class LazyQuery {
  sent = 0

  then(resolve: (rows: string) => void): void {
    this.sent++
    resolve('rows')
  }
}

bothForms('items with a then come out as they were put in, and nobody calls it', function* ({ spawn }) {
  const queue = new Queue<unknown>()
  const lazy = new LazyQuery()
  let asked = 0
  const own = { then: () => asked++ }
  const throwing = {
    get then(): never {
      throw new Error('asked')
    },
  }
  const task = spawn('job', function* () {
    return (yield sleep(50)) as never
  })
  const items = [
    lazy,
    own,
    throwing,
    task,
    Promise.resolve(7),
    Promise.reject(new Error('kept')).catch(() => {}),
    Object.assign(() => {}, { then: 1 }),
  ]
  const described = (item: object) => [Reflect.ownKeys(item), Object.getOwnPropertyDescriptor(item, 'then')]
  const before = items.map(described)
  for (const item of items) queue.putNowait(item)
  for (const item of items) expect((yield queue.get()) === item).toBe(true)
  expect([lazy.sent, asked]).toEqual([0, 0])
  expect(items.map(described)).toEqual(before)
  expect(own.then()).toBe(0)
})

bothForms('so do items that were waited for, also under a limit', function* ({ spawn }) {
  const queue = new Queue<unknown>()
  const lazy = new LazyQuery()
  const got: boolean[] = []
  const getters = [() => queue.get(), () => waitFor(queue.get(), 100)].map((get, i) =>
    spawn(`${i}`, function* () {
      got.push((yield get()) === lazy)
    }),
  )
  yield sleep(1)
  for (const _ of getters) queue.putNowait(lazy)
  yield gather(getters)
  expect([got, lazy.sent]).toEqual([[true, true], 0])
})

bothForms('a queued task is not cancelled with the task that took it', function* ({ spawn }) {
  const queue = new Queue<Task<string>>()
  const job = spawn('job', function* () {
    yield sleep(50)
    return 'done'
  })
  queue.putNowait(job)
  const getter = spawn('getter', function* () {
    yield queue.get()
    yield sleep(1000)
  })
  yield sleep(5)
  getter.cancel()
  yield gather([getter], { returnExceptions: true })
  expect([getter.cancelled(), yield job]).toEqual([true, 'done'])
})

bothForms('a frozen thenable is what it becomes, as always with await', function* ({ form }) {
  const queue = new Queue<unknown>()
  const frozen = Object.freeze({
    then: (resolve: (value: string) => void) => {
      resolve('its value')
    },
  })
  queue.putNowait(frozen)
  expect((yield queue.get()) === (form.name === 'async' ? 'its value' : frozen)).toBe(true)
})

function* telling(
  log: string[],
  name: string,
  waiting: ReturnType<Queue<string>['get']> | ReturnType<Queue<string>['put']>,
) {
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
    const jobs: [number, string][] = [
      [10, 'a'],
      [9, 'b'],
      [9, 'a'],
      [1, 'z'],
    ]
    expect(through(new PriorityQueue<[number, string]>(), jobs)).toEqual([
      [1, 'z'],
      [9, 'a'],
      [9, 'b'],
      [10, 'a'],
    ])
  })

  test('the least first: by a compare function, equals in the order they came', () => {
    const byRank = new PriorityQueue<{ rank: number; name: string }>(0, (a, b) => a.rank - b.rank)
    const items = [...'abcdefgh'].map((name, i) => ({ rank: i % 2, name }))
    expect(
      through(byRank, items)
        .map(({ name }) => name)
        .join(''),
    ).toBe('acegbdfh')
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
