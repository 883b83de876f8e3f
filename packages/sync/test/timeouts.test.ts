import { sleep, TimeoutError, timeout, waitFor } from '@loop/core'
import type { Awaitable } from '@loop/core'
import { expect } from 'vitest'
import { Lock, Queue, Semaphore } from '../src/index.ts'
import { bothForms } from './support.ts'

bothForms('a wait that timed out neither takes the item nor the lock later', function* ({ log }) {
  const queue = new Queue<string>()
  const lock = new Lock()
  const places = new Semaphore(1)
  yield lock.acquire()
  yield places.acquire()
  for (const wait of [
    () => queue.get(),
    () => lock.acquire(),
    () => places.acquire(),
    () => lock.with(() => sleep(1)),
  ]) {
    log.push(yield* timedOut(waitFor<unknown>(wait(), 100)))
  }
  lock.release()
  places.release()
  queue.putNowait('item')
  yield sleep(10)
  expect(log).toEqual(['TimeoutError', 'TimeoutError', 'TimeoutError', 'TimeoutError'])
  expect([queue.qsize(), lock.locked(), places.locked()]).toEqual([1, false, false])
})

bothForms('waiting under a timeout scope', function* ({ form, log }) {
  const queue = new Queue<string>()
  log.push(
    yield* timedOut(
      timeout(
        50,
        form.of(function* () {
          yield queue.get()
        }),
      ),
    ),
  )
  queue.putNowait('item')
  yield sleep(10)
  expect(log).toEqual(['TimeoutError'])
  expect(queue.qsize()).toBe(1)
})

function* timedOut(waiting: Awaitable<unknown>): Generator<Awaitable<unknown>, string, unknown> {
  try {
    yield waiting
    return 'in time'
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    return error.name
  }
}
