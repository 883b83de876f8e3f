/** @loop/net beside node:net, Bun, asyncio, uvloop, and C with epoll. */
import busyPoll from './scenarios/busy-poll.mjs'
import churn from './scenarios/churn.mjs'
import echo from './scenarios/echo.mjs'
import handlers from './scenarios/handlers.mjs'
import idleMemory from './scenarios/idle-memory.mjs'
import manyWrites from './scenarios/many-writes.mjs'

/** @type {import('@loop/bench-kit').Suite} */
export default { name: 'net', title: 'Network', scenarios: [echo, manyWrites, handlers, churn, idleMemory, busyPoll] }
