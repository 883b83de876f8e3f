import { CancelledError, gather, getRunningLoop, sleep } from '@loop/core'
import { expect } from 'vitest'
import { Condition, Event, Lock, Queue, Semaphore } from '../src/index.ts'
import { bothForms } from './support.ts'

bothForms('a lock: the wake-up of a cancelled waiter goes to the next in line', function* ({ spawn, log }) {
  const lock = new Lock()
  yield lock.acquire()
  const waiters = ['a', 'b', 'c'].map((name) =>
    spawn(name, function* () {
      yield lock.acquire()
      log.push(name)
      lock.release()
    }),
  )
  yield sleep(0)
  lock.release() // wakes a …
  waiters[0]!.cancel() // … which is cancelled before it runs
  yield gather(waiters, { returnExceptions: true })
  expect(log).toEqual(['b', 'c'])
  expect(waiters[0]!.cancelled()).toBe(true)
  expect(lock.locked()).toBe(false)
})

bothForms('a lock: who was cancelled in line is passed over', function* ({ spawn, log }) {
  const lock = new Lock()
  yield lock.acquire()
  const waiters = ['a', 'b'].map((name) =>
    spawn(name, function* () {
      yield lock.acquire()
      log.push(name)
      lock.release()
    }),
  )
  yield sleep(0)
  waiters[0]!.cancel()
  lock.release()
  yield gather(waiters, { returnExceptions: true })
  expect(log).toEqual(['b'])
})

bothForms('a semaphore: the place of a cancelled waiter goes to the next in line', function* ({ spawn, log }) {
  const places = new Semaphore(1)
  yield places.acquire()
  const waiters = ['a', 'b'].map((name) =>
    spawn(name, function* () {
      yield places.acquire()
      log.push(name)
    }),
  )
  yield sleep(0)
  places.release()
  waiters[0]!.cancel()
  yield gather(waiters, { returnExceptions: true })
  expect(log).toEqual(['b'])
  places.release()
  expect(places.locked()).toBe(false)
})

bothForms('a queue: the item that woke a cancelled getter goes to the next', function* ({ spawn, log }) {
  const queue = new Queue<string>()
  const getters = ['a', 'b'].map((name) =>
    spawn(name, function* () {
      log.push(`${name} got ${(yield queue.get()) as string}`)
    }),
  )
  yield sleep(0)
  queue.putNowait('item')
  getters[0]!.cancel()
  yield gather(getters, { returnExceptions: true })
  expect(log).toEqual(['b got item'])
  expect(queue.qsize()).toBe(0)
})

bothForms('a queue: the place that woke a cancelled putter goes to the next', function* ({ spawn, log }) {
  const queue = new Queue<string>(1)
  yield queue.put('first')
  const putters = ['a', 'b'].map((name) =>
    spawn(name, function* () {
      yield queue.put(name)
      log.push(`${name} put`)
    }),
  )
  yield sleep(0)
  log.push(queue.getNowait())
  putters[0]!.cancel()
  yield gather(putters, { returnExceptions: true })
  log.push(queue.getNowait())
  expect(log).toEqual(['first', 'b put', 'b'])
})

bothForms(
  'a condition: the lock is taken again before the cancellation goes on, however often it is cancelled',
  function* ({ spawn, log }) {
    const condition = new Condition()
    const waiter = spawn('waiter', function* () {
      yield condition.acquire()
      try {
        yield condition.wait()
      } catch (error) {
        log.push(`${(error as Error).name} ${(error as Error).message}, holds the lock: ${condition.locked()}`)
        throw error
      } finally {
        condition.release()
      }
    })
    yield sleep(0)
    yield condition.acquire()
    waiter.cancel()
    yield sleep(0)
    waiter.cancel('again') // while it waits for the lock
    yield sleep(0)
    waiter.cancel('the last') // and once more
    yield sleep(0)
    log.push('main releases')
    condition.release()
    yield gather([waiter], { returnExceptions: true })
    expect(log).toEqual(['main releases', 'CancelledError the last, holds the lock: true'])
    expect(condition.locked()).toBe(false)
  },
)

bothForms(
  'a condition: a notification that meets a cancelled waiter goes to the next in line',
  function* ({ form, spawn, log }) {
    const condition = new Condition()
    const waiter = (name: string) =>
      spawn(name, function* () {
        yield condition.with(
          form.of(function* () {
            yield condition.wait()
            log.push(name)
          }),
        )
      })
    const [first, second] = [waiter('first'), waiter('second')]
    yield sleep(0)
    yield condition.with(
      form.of(function* () {
        condition.notify(1)
      }),
    )
    first.cancel()
    yield gather([first, second], { returnExceptions: true })
    expect(log).toEqual(['second'])
  },
)

bothForms(
  'a semaphore: places that came free while a cancelled waiter stood first let as many in',
  function* ({ spawn, log }) {
    const semaphore = new Semaphore(0)
    const tasks = ['a', 'b', 'c'].map((name) =>
      spawn(name, function* () {
        yield semaphore.acquire()
        log.push(name)
      }),
    )
    yield sleep(0)
    semaphore.release()
    tasks[0]!.cancel()
    semaphore.release()
    yield gather(tasks, { returnExceptions: true })
    expect(log).toEqual(['b', 'c'])
  },
)

bothForms('an event: a thousand cancelled waits before one that is kept', function* ({ spawn, log }) {
  const event = new Event()
  for (let i = 0; i < 1000; i++) {
    const waiter = spawn('short', () => waitOn(event))
    yield sleep(0)
    waiter.cancel()
    yield gather([waiter], { returnExceptions: true })
  }
  const kept = spawn('kept', () => waitOn(event))
  yield sleep(0)
  event.set()
  yield kept
  log.push('kept')
  expect(log).toEqual(['kept'])
})

bothForms('a cancellation that comes together with the wake-up is thrown', function* ({ spawn, log }) {
  const event = new Event()
  const waiter = spawn('waiter', function* () {
    try {
      yield event.wait()
      log.push('went on')
    } catch (error) {
      log.push(error instanceof CancelledError ? 'cancelled' : 'failed')
    }
  })
  yield sleep(0)
  getRunningLoop().callSoon(() => {
    event.set()
    waiter.cancel()
  })
  yield waiter
  expect(log).toEqual(['cancelled'])
})

function* waitOn(event: Event) {
  yield event.wait()
}
