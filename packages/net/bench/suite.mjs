/** @loop/net beside node:net, node:tls, node:dgram, Bun, asyncio, uvloop, and C with epoll. */
import acceptFairness from './scenarios/accept-fairness.mjs'
import busyPoll from './scenarios/busy-poll.mjs'
import churn from './scenarios/churn.mjs'
import echo from './scenarios/echo.mjs'
import handlers from './scenarios/handlers.mjs'
import idleMemory from './scenarios/idle-memory.mjs'
import manyWrites from './scenarios/many-writes.mjs'
import http from './scenarios/http.mjs'
import redis from './scenarios/redis.mjs'
import severalCores from './scenarios/several-cores.mjs'
import tlsBulk from './scenarios/tls-bulk.mjs'
import tlsEcho from './scenarios/tls-echo.mjs'
import tlsHandshakes from './scenarios/tls-handshakes.mjs'
import tlsIdleMemory from './scenarios/tls-idle-memory.mjs'
import udpEcho from './scenarios/udp-echo.mjs'
import unixEcho from './scenarios/unix-echo.mjs'

/** @type {import('@loop/bench-kit').Suite} */
export default {
  name: 'net',
  title: 'Network',
  scenarios: [
    echo,
    handlers,
    manyWrites,
    churn,
    idleMemory,
    tlsEcho,
    tlsHandshakes,
    tlsBulk,
    tlsIdleMemory,
    redis,
    http,
    unixEcho,
    udpEcho,
    severalCores,
    acceptFairness,
    busyPoll,
  ],
}
