import { httpServers } from '../protocols.mjs'

const at = (connections, window) => ({ label: `${connections} connections`, connections, path: '/hello', window })

export default {
  name: 'http',
  title: 'HTTP/1.1 with keep-alive, by wrk',
  note: 'GET of five bytes. node:http, Bun.serve and uvicorn are whole servers: ours parse what a request needs, the async handler each header.',
  measures: {
    rate: { title: 'requests', unit: '1/s', better: 'more' },
    p50: { title: 'median latency', unit: 'µs', better: 'less' },
    p99: { title: '99th percentile', unit: 'µs', better: 'less' },
  },
  points: [at(16, 2), at(128, 2)],
  quick: [at(64, 1)],
  contenders: httpServers,
  asked: ['loop', 'loop-streams'],
}
