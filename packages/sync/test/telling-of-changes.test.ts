import { gather, sleep } from '@loop/core'
import { expect } from 'vitest'
import { Condition, Event, Lock, Semaphore } from '../src/index.ts'
import { bothForms } from './support.ts'

bothForms('set wakes everyone who waits, in order; clear does not hold them back', function* ({ spawn, log }) {
  const event = new Event()
  const waiters = ['a', 'b'].map((name) =>
    spawn(name, function* () {
      yield event.wait()
      log.push(name)
    }),
  )
  yield sleep(10)
  expect(log).toEqual([])
  event.set()
  event.clear()
  expect(event.isSet()).toBe(false)
  yield gather(waiters)
  expect(log).toEqual(['a', 'b'])
})

bothForms('a set event is no reason to give way', function* ({ spawn, log }) {
  const event = new Event()
  event.set()
  spawn('other', function* () {
    log.push('other')
    yield sleep(0)
  })
  yield event.wait()
  log.push('main')
  yield sleep(0)
  expect(log).toEqual(['main', 'other'])
})

bothForms(
  'notify wakes as many as it says, first come first; they go on when the lock is free',
  function* ({ form, spawn, log }) {
    const condition = new Condition()
    const waiters = ['a', 'b', 'c'].map((name) => spawn(name, () => whileHolding(name)))
    function* whileHolding(name: string) {
      yield condition.with(
        form.of(function* () {
          yield condition.wait()
          log.push(name)
        }),
      )
    }
    yield sleep(0)
    yield condition.with(
      form.of(function* () {
        condition.notify(2)
        yield sleep(10)
        log.push('teller leaves')
      }),
    )
    yield sleep(10)
    expect(log).toEqual(['teller leaves', 'a', 'b'])
    yield condition.with(
      form.of(function* () {
        condition.notifyAll()
        yield sleep(0)
      }),
    )
    yield gather(waiters)
    expect(log).toEqual(['teller leaves', 'a', 'b', 'c'])
  },
)

bothForms('waitFor waits until the predicate holds and gives its value', function* ({ form, spawn, log }) {
  const condition = new Condition()
  let stock = 0
  const buyer = spawn('buyer', function* () {
    yield condition.with(
      form.of(function* () {
        log.push(`bought at ${(yield condition.waitFor(() => stock >= 3 && `stock ${stock}`)) as string}`)
      }),
    )
  })
  for (let i = 0; i < 3; i++) {
    yield sleep(10)
    yield condition.with(
      form.of(function* () {
        stock++
        log.push(`stock ${stock}`)
        condition.notifyAll()
        yield sleep(0)
      }),
    )
  }
  yield buyer
  expect(log).toEqual(['stock 1', 'stock 2', 'stock 3', 'bought at stock 3'])
})

bothForms('two conditions over one lock', function* ({ form, spawn, log }) {
  const lock = new Lock()
  const [full, empty] = [new Condition(lock), new Condition(lock)]
  const waiters = [
    ['full', full],
    ['empty', empty],
  ].map(([name, condition]) =>
    spawn(name as string, function* () {
      yield (condition as Condition).with(
        form.of(function* () {
          yield (condition as Condition).wait()
          log.push(name as string)
        }),
      )
    }),
  )
  yield sleep(0)
  yield lock.with(
    form.of(function* () {
      empty.notifyAll()
      yield sleep(0)
    }),
  )
  yield sleep(0)
  yield lock.with(
    form.of(function* () {
      full.notifyAll()
      yield sleep(0)
    }),
  )
  yield gather(waiters)
  expect(log).toEqual(['empty', 'full'])
})

bothForms(
  'what waits for a lock, a place, a change or a flag gives true, whether it had to wait or not',
  function* ({ spawn }) {
    const [event, condition, lock, semaphore] = [new Event(), new Condition(), new Lock(), new Semaphore(1)]
    expect([yield condition.acquire(), yield lock.acquire(), yield semaphore.acquire()]).toEqual([true, true, true])
    condition.release()
    const waiting = [() => event.wait(), () => lock.acquire(), () => semaphore.acquire()].map((wait, i) =>
      spawn(`${i}`, function* () {
        return yield wait()
      }),
    )
    const told = spawn('told', function* () {
      yield condition.acquire()
      return yield condition.wait()
    })
    yield sleep(1)
    event.set()
    lock.release()
    semaphore.release()
    yield condition.acquire()
    condition.notify()
    condition.release()
    expect(yield gather([...waiting, told])).toEqual([true, true, true, true])
    expect(yield event.wait()).toBe(true)
  },
)
