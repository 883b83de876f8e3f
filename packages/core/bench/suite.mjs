/** The core: ready queue, turn, tasks and timers, beside Node's own means, asyncio and uvloop. */
import callSoon from './scenarios/call-soon.mjs'
import callSoonChain from './scenarios/call-soon-chain.mjs'
import heap from './scenarios/heap.mjs'
import queue from './scenarios/queue.mjs'
import switching from './scenarios/switch.mjs'
import tasksSleep0 from './scenarios/tasks-sleep-0.mjs'
import timersCancelled from './scenarios/timers-cancelled.mjs'
import timersHalfFired from './scenarios/timers-half-fired.mjs'

/** @type {import('@loop/bench-kit').Suite} */
export default {
  name: 'core',
  title: 'Core',
  scenarios: [callSoon, callSoonChain, tasksSleep0, switching, timersCancelled, timersHalfFired, queue, heap],
}
