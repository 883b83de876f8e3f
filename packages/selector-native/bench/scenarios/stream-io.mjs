import { echoMeasures } from '@loop/bench-kit/server'
import { cEpoll, nodeNet, streamIo } from '../contenders.mjs'

const point = (connections, bytes) => ({ label: `${connections} × ${bytes} B`, connections, bytes })

/** The backends among themselves; against all peers the same streams are measured through @loop/net. */
export default {
  name: 'stream-io',
  title: "Echo over the selector's own streams, by backend",
  note: 'Server on one core, load generator on another.',
  measures: echoMeasures,
  points: [point(100, 64), point(100, 16384)],
  quick: [{ ...point(100, 64), warmUp: 0.2, window: 0.2 }],
  contenders: [
    streamIo('epoll', 'epoll, bytes to keep', 'echo', 'epoll'),
    streamIo('epoll-borrow', 'epoll, borrowed bytes', 'borrow', 'epoll'),
    streamIo('uv', 'libuv poll, bytes to keep', 'echo', 'uv'),
    streamIo('io-uring', 'io_uring, bytes to keep', 'echo', 'io_uring'),
    cEpoll.in('echo'),
    nodeNet.in('echo'),
  ],
}
