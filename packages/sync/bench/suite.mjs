/** Locks, events and queues beside asyncio's own and those of libraries. */
import eventPingPong from './scenarios/event-ping-pong.mjs'
import growthLock from './scenarios/growth-lock.mjs'
import lockContended from './scenarios/lock-contended.mjs'
import lockFree from './scenarios/lock-free.mjs'
import queue1 from './scenarios/queue-1.mjs'
import queueFree from './scenarios/queue-free.mjs'

/** @type {import('@loop/bench-kit').Suite} */
export default {
  name: 'sync',
  title: 'Locks, events and queues',
  scenarios: [lockFree, lockContended, eventPingPong, queueFree, queue1, growthLock],
}
