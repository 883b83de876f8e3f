import { gather, getRunningLoop, sleep } from '@loop/core'
import { expect } from 'vitest'
import { BoundedSemaphore, Lock, Semaphore } from '../src/index.ts'
import { bothForms } from './support.ts'

bothForms('a lock is taken in the order of arrival', function* ({ spawn, log }) {
  const lock = new Lock()
  const workers = ['a', 'b', 'c'].map((name) =>
    spawn(name, function* () {
      yield lock.acquire()
      log.push(`${name} in`)
      yield sleep(10)
      log.push(`${name} out`)
      lock.release()
    }),
  )
  yield gather(workers)
  expect(log).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out'])
})

bothForms('nobody overtakes the waiter that a release has woken', function* ({ spawn, log }) {
  const lock = new Lock()
  yield lock.acquire()
  const first = spawn('first', function* () {
    yield lock.acquire()
    log.push('first')
    lock.release()
  })
  yield sleep(0)
  lock.release()
  log.push(`locked: ${lock.locked()}`)
  yield lock.acquire()
  log.push('main')
  lock.release()
  yield first
  expect(log).toEqual(['locked: false', 'first', 'main'])
})

bothForms('a free lock is taken without giving way', function* ({ spawn, log }) {
  const lock = new Lock()
  spawn('other', function* () {
    log.push('other')
    yield sleep(0)
  })
  yield lock.acquire()
  log.push('main')
  lock.release()
  yield sleep(0)
  expect(log).toEqual(['main', 'other'])
})

bothForms('a semaphore lets its number in, in the order of arrival', function* ({ spawn, log }) {
  const places = new Semaphore(2)
  const workers = ['a', 'b', 'c', 'd'].map((name) =>
    spawn(name, function* () {
      yield places.acquire()
      log.push(`${name} in`)
      yield sleep(10)
      places.release()
    }),
  )
  yield sleep(5)
  expect(log).toEqual(['a in', 'b in'])
  expect(places.locked()).toBe(true)
  yield gather(workers)
  expect(log).toEqual(['a in', 'b in', 'c in', 'd in'])
  expect(places.locked()).toBe(false)
})

bothForms('a semaphore may be released more often than acquired, a bounded one not', function* ({ log }) {
  const places = new Semaphore(0)
  places.release()
  places.release()
  yield places.acquire()
  yield places.acquire()
  expect(places.locked()).toBe(true)
  const bounded = new BoundedSemaphore(1)
  expect(() => {
    bounded.release()
  }).toThrow('all places of the semaphore (1) are free')
  yield bounded.acquire()
  bounded.release()
  expect(log).toEqual([])
})

bothForms(
  'places that came free while the woken waiter had not run yet let as many in as there are',
  function* ({ spawn, log }) {
    const semaphore = new Semaphore(0)
    const turns = (): number => getRunningLoop().statistics().turns
    const waiter = (name: string) =>
      spawn(name, function* () {
        yield semaphore.acquire()
        log.push(`${name} ${turns()}`)
      })
    const first = waiter('a')
    yield sleep(0)
    // These stand in line before the first, which is woken now, has run.
    const others = [waiter('b'), waiter('c')]
    for (let i = 0; i < 3; i++) semaphore.release()
    yield gather([first, ...others])
    const [, b, c] = log.map((line) => Number(line.split(' ')[1]))
    expect([log.map((line) => line[0]), c]).toEqual([['a', 'b', 'c'], b])
  },
)
