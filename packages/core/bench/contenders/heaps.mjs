/** The timer heap beside heaps from npm: a million timers, half of them cancelled (a flag), the rest taken in order. */
import TinyQueue from 'tinyqueue'
import { Heap } from 'heap-js'
import { TimerHeap } from '@loop/core/lowlevel'
import { work } from '@loop/bench-kit/worker'
import { TIMERS, longDelays } from '../sizes.mjs'

const delays = longDelays()

class Timer {
  sequence = 0
  isCancelled = false
  constructor(deadline) {
    this.deadline = deadline
  }
  cancelled() {
    return this.isCancelled
  }
}

const byDeadline = (a, b) => a.deadline - b.deadline || a.sequence - b.sequence

const timerHeap = () => {
  const heap = new TimerHeap()
  const timers = Array.from(delays, (deadline) => new Timer(deadline))
  for (const timer of timers) heap.push(timer)
  for (let i = 0; i < TIMERS; i += 2) {
    timers[i].isCancelled = true
    heap.noteCancelled()
  }
  let taken = 0
  while (heap.popDue(Infinity) !== undefined) taken++
  return check(taken)
}

const flagged = (make, push, pop) => () => {
  const heap = make()
  const timers = Array.from(delays, (deadline) => new Timer(deadline))
  timers.forEach((timer, i) => {
    timer.sequence = i
    push(heap, timer)
  })
  for (let i = 0; i < TIMERS; i += 2) timers[i].isCancelled = true
  let taken = 0
  for (let timer = pop(heap); timer !== undefined; timer = pop(heap)) if (!timer.isCancelled) taken++
  return check(taken)
}

function check(taken) {
  if (taken !== TIMERS / 2) throw new Error(`took ${taken} timers`)
}

await work({
  'heap:TimerHeap': { operations: TIMERS, repeats: 2, run: timerHeap },
  'heap:tinyqueue': {
    operations: TIMERS,
    repeats: 2,
    run: flagged(
      () => new TinyQueue([], byDeadline),
      (heap, timer) => heap.push(timer),
      (heap) => heap.pop(),
    ),
  },
  'heap:heap-js': {
    operations: TIMERS,
    repeats: 2,
    run: flagged(
      () => new Heap(byDeadline),
      (heap, timer) => heap.push(timer),
      (heap) => heap.pop(),
    ),
  },
})
