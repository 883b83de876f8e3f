/** Thread and process pools beside piscina, tinypool, workerpool, poolifier, Python's executors, and bare messages. */
import asyncTasks from './scenarios/async-tasks.mjs'
import behindALongOne from './scenarios/behind-a-long-one.mjs'
import buffers from './scenarios/buffers.mjs'
import burst from './scenarios/burst.mjs'
import compute from './scenarios/compute.mjs'
import door from './scenarios/door.mjs'
import idlePool from './scenarios/idle-pool.mjs'
import processes from './scenarios/processes.mjs'
import start from './scenarios/start.mjs'
import threads from './scenarios/threads.mjs'
import threadsMore from './scenarios/threads-more.mjs'
import workerMemory from './scenarios/worker-memory.mjs'

/** @type {import('@loop/bench-kit').Suite} */
export default {
  name: 'executor',
  title: 'Thread and process pools',
  scenarios: [
    threads,
    threadsMore,
    processes,
    asyncTasks,
    door,
    buffers,
    burst,
    compute,
    behindALongOne,
    start,
    workerMemory,
    idlePool,
  ],
}
