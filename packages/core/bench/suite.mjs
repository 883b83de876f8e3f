/** The core: ready queue, turn, tasks, scopes and timers, beside Node's own means, libraries, asyncio and uvloop. */
import callSoon from './scenarios/call-soon.mjs'
import callSoonChain from './scenarios/call-soon-chain.mjs'
import gather10 from './scenarios/gather-10.mjs'
import growthTasks from './scenarios/growth-tasks.mjs'
import growthTimers from './scenarios/growth-timers.mjs'
import growthWaiters from './scenarios/growth-waiters.mjs'
import heap from './scenarios/heap.mjs'
import pendingTasks from './scenarios/pending-tasks.mjs'
import queue from './scenarios/queue.mjs'
import switching from './scenarios/switch.mjs'
import taskGroup10 from './scenarios/task-group-10.mjs'
import tasksSleep0 from './scenarios/tasks-sleep-0.mjs'
import timeoutDone from './scenarios/timeout-done.mjs'
import timersCancelled from './scenarios/timers-cancelled.mjs'
import timersHalfFired from './scenarios/timers-half-fired.mjs'

/** @type {import('@loop/bench-kit').Suite} */
export default {
  name: 'core',
  title: 'Core',
  scenarios: [
    tasksSleep0,
    switching,
    timeoutDone,
    taskGroup10,
    gather10,
    callSoon,
    callSoonChain,
    timersCancelled,
    timersHalfFired,
    pendingTasks,
    growthTasks,
    growthTimers,
    growthWaiters,
    queue,
    heap,
  ],
}
