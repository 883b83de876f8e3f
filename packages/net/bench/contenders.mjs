/**
 * This package's servers, and those of others from the native selector's benchmark. What each does is in contenders/.
 */
import { fileURLToPath } from 'node:url'
import { certificate, measureAccepts, measureOnAllCores, socketPath, tlsProblem } from '@loop/bench-kit/server'
import { nodeServer, peers, pythonServer } from '../../selector-native/bench/contenders.mjs'

const file = (name) => fileURLToPath(new URL(`contenders/${name}`, import.meta.url))

/** A server over @loop/net: `io` is epoll or uv (over StreamIo) or node (over node:net). */
const loopNet = (name, title, modes, io, ...options) =>
  nodeServer({
    name,
    title,
    kind: 'ours',
    modes,
    script: file('loop-net.mjs'),
    args: (mode) => [mode, io, ...options],
  })

export const loop = loopNet('loop', 'Loop', ['echo', 'split', 'streams'], 'epoll')
/** A BufferedProtocol: the handler brings the memory. */
export const buffered = loopNet('loop-buffered', 'Loop, buffered protocol', ['buffered'], 'epoll')
export const overUv = loopNet('loop-uv', 'Loop over libuv', ['echo', 'split'], 'uv')
export const overNode = loopNet('loop-node', 'Loop over node:net', ['echo', 'split'], 'node')
/** The same server, busy polling for 50 microseconds after each batch. */
export const busy = loopNet('loop-busy', 'Loop, busy poll', ['echo'], 'epoll', '50')

/** All servers that know a mode, in it. */
export const everyone = (mode, measure) =>
  [loop, overUv, overNode, ...peers]
    .filter(({ modes }) => modes.includes(mode))
    .map((server) => server.in(mode, measure))

/** The peers that can cork by hand. */
export const corked = () =>
  peers
    .filter(({ modes }) => modes.includes('corked'))
    .map((server) => server.in('corked'))
    .map((contender) =>
      Object.assign(contender, {
        name: `${contender.name}-corked`,
        title: `${contender.title}, corked by hand`,
        kind: 'reference',
      }),
    )

/** An async handler over Node's own streams. */
const nodeStreams = nodeServer({
  name: 'node-streams',
  title: 'node streams',
  kind: 'peer',
  modes: ['streams'],
  script: file('node-streams.mjs'),
})

/** Async handlers over streams. */
export const handlers = [
  loop,
  nodeStreams,
  pythonServer('asyncio', file('asyncio_streams.py'), ['streams']),
  pythonServer('uvloop', file('asyncio_streams.py'), ['streams']),
].map((server) => server.in('streams'))

/** Protocols beside TCP: what each server is told to listen on is made when it is started. */
const places = {
  tls: () => ({ tls: certificate() }),
  unix: () => ({ path: socketPath() }),
  udp: () => ({}),
}

/** A server over @loop/net in one of the modes above, with more options. */
const loopAt = (mode, name, title, options = {}) =>
  nodeServer({
    name,
    title,
    kind: 'ours',
    modes: [mode],
    script: file('loop-net.mjs'),
    args: () => [mode === 'udp' ? 'udp' : 'echo', 'epoll', '0', JSON.stringify({ ...places[mode](), ...options })],
  })

/** Node's own servers: node:tls, node:net over a path, node:dgram. */
const nodeAt = (mode, title) =>
  nodeServer({
    name: `node-${mode}`,
    title,
    kind: 'peer',
    modes: [mode],
    script: file('node-other.mjs'),
    args: () => [mode, JSON.stringify(places[mode]())],
  })

/** asyncio's and uvloop's. */
const pythonAt = (mode, loop) =>
  pythonServer(loop, file('asyncio_other.py'), [mode], () => [mode, JSON.stringify(places[mode]())])

/** Everyone over TLS: ours by the engine that it chooses itself, and by Node's. */
export const overTls = (measure) =>
  [
    loopAt('tls', 'loop', 'Loop'),
    loopAt('tls', 'loop-node-tls', "Loop, Node's TLS", { tlsEngine: 'node' }),
    nodeAt('tls', 'node:tls'),
    pythonAt('tls', 'asyncio'),
    pythonAt('tls', 'uvloop'),
  ]
    .map((one) => one.in('tls', measure))
    .map((contender) => {
      const { unavailable } = contender
      return Object.assign(contender, { unavailable: () => unavailable() ?? tlsProblem() })
    })

export const overUnix = [
  loopAt('unix', 'loop', 'Loop'),
  nodeAt('unix', 'node:net'),
  pythonAt('unix', 'asyncio'),
  pythonAt('unix', 'uvloop'),
].map((one) => one.in('unix'))

export const overUdp = [
  loopAt('udp', 'loop', 'Loop'),
  nodeAt('udp', 'node:dgram'),
  pythonAt('udp', 'asyncio'),
  pythonAt('udp', 'uvloop'),
].map((one) => one.in('udp'))

/** Servers of several workers: threads and processes that share a port, and node:cluster. */
const several = (kind, name, title, ours) => (mode, measure) => {
  const one = nodeServer({
    name,
    title,
    kind: ours ? 'ours' : 'peer',
    modes: [mode],
    script: file('several.mjs'),
    // The number of workers is the point's, which comes to `measure` only.
    args: () => [kind, mode],
  })
  return one.in(mode, (command, point) => measure([...command, String(point.workers)], point))
}

const severals = [
  several('threads', 'loop-threads', 'Loop, threads', true),
  several('processes', 'loop-processes', 'Loop, processes', true),
  several('cluster', 'node-cluster', 'node:cluster', false),
]

export const onSeveralCores = severals.map((make) => make('echo', measureOnAllCores))
export const accepting = severals.map((make) => make('tag', measureAccepts))
