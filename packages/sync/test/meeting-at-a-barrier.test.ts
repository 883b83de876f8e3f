import { gather, sleep } from '@loop/core'
import { expect } from 'vitest'
import { Barrier } from '../src/index.ts'
import { bothForms, type Stage } from './support.ts'

/** Tasks that wait at a barrier after so many milliseconds each. */
function arrive({ spawn, log }: Stage, barrier: Barrier, arrivals: Record<string, number>) {
  return Object.entries(arrivals).map(([name, ms]) =>
    spawn(name, function* () {
      yield sleep(ms)
      try {
        log.push(`${name} is ${String(yield barrier.wait())}`)
      } catch (error) {
        log.push(`${name} ${(error as Error).name}`)
      }
    }),
  )
}

bothForms('all go on once the last is there, round after round', function* (stage) {
  const barrier = new Barrier(2)
  const tasks = arrive(stage, barrier, { a: 10, b: 20, c: 30, d: 40 })
  yield sleep(15)
  expect([barrier.nWaiting, barrier.parties]).toEqual([1, 2])
  yield gather(tasks)
  expect(stage.log).toEqual(['b is 1', 'a is 0', 'd is 1', 'c is 0'])
  expect(barrier.nWaiting).toBe(0)
})

bothForms('reset sends those who wait away, and the next round works', function* (stage) {
  const barrier = new Barrier(2)
  const early = arrive(stage, barrier, { a: 0 })
  yield sleep(5)
  yield barrier.reset()
  yield gather(early)
  yield gather(arrive(stage, barrier, { b: 0, c: 1 }))
  expect(stage.log).toEqual(['a BrokenBarrierError', 'c is 1', 'b is 0'])
})

bothForms('abort breaks it for those who wait and those who come, until it is reset', function* (stage) {
  const barrier = new Barrier(2)
  const early = arrive(stage, barrier, { a: 0 })
  yield sleep(5)
  yield barrier.abort()
  expect(barrier.broken).toBe(true)
  yield gather([...early, ...arrive(stage, barrier, { b: 0 })])
  yield barrier.reset()
  expect(barrier.broken).toBe(false)
  yield gather(arrive(stage, barrier, { c: 0, d: 1 }))
  expect(stage.log).toEqual(['a BrokenBarrierError', 'b BrokenBarrierError', 'd is 1', 'c is 0'])
})

bothForms('who is cancelled at the barrier no longer counts', function* (stage) {
  const barrier = new Barrier(2)
  const [first] = arrive(stage, barrier, { a: 0 })
  yield sleep(5)
  first!.cancel()
  yield sleep(5)
  expect(barrier.nWaiting).toBe(0)
  yield gather(arrive(stage, barrier, { b: 0, c: 1 }))
  expect(stage.log).toEqual(['a CancelledError', 'c is 1', 'b is 0'])
})
