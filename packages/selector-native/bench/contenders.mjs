/**
 * The servers that others offer, and this selector's own streams. A server is `in(mode)`: a contender that echoes in
 * one of the modes it knows. What each does is in contenders/.
 */
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { bun, nodeOf, pythonPeer, python, uvloop } from '@loop/bench-kit'
import { compiled, measureServer, serverProblem } from '@loop/bench-kit/server'

const file = (name) => fileURLToPath(new URL(`contenders/${name}`, import.meta.url))
const current = process.versions.node.split('.')[0]

/**
 * @param {{ name: string, title: string, kind: string, modes: string[], version?: string, unavailable?: () => string | undefined,
 *   command: (mode: string, context: import('@loop/bench-kit').Context) => string[] }} about
 */
export const server = ({ name, title, kind, modes, version, unavailable, command }) => ({
  name,
  modes,
  in: (mode, measure = measureServer) => ({
    name,
    title,
    kind,
    ...(version === undefined ? {} : { version }),
    unavailable: () => serverProblem() ?? unavailable?.(),
    measure: (point, context) => measure(command(mode, context), point),
  }),
})

/** Programs for Node, of this revision or of the one that the context leads to. */
export const inThisNode =
  (script, args) =>
  (mode, { nodeArgs }) => [process.execPath, ...nodeArgs, script, ...args(mode)]

/** The limit: C with epoll. */
export const cEpoll = server({
  name: 'c-epoll',
  title: 'C, epoll',
  kind: 'limit',
  modes: ['echo'],
  command: () => [compiled(new URL('contenders/c-epoll.c', import.meta.url))],
})

/** node:net on the line of Node that runs this, or on another. */
export function nodeNet(major = current) {
  const found = nodeOf(major)
  return server({
    name: major === current ? 'node-net' : `node-net-${major}`,
    title: `node:net, Node ${major}`,
    kind: 'peer',
    modes: ['echo', 'split', 'corked'],
    version: found?.version ?? 'not found',
    unavailable: () => (found === undefined ? `no Node ${major} (npm run bench:setup fetches it)` : undefined),
    command: (mode) => [found?.path ?? '', file('node-net.mjs'), mode],
  })
}

export const bunListen = server({
  name: 'bun',
  title: 'Bun.listen',
  kind: 'peer',
  modes: ['echo'],
  version: bun()?.version ?? 'not found',
  unavailable: () => (bun() === undefined ? 'no Bun (npm run bench:setup fetches it)' : undefined),
  command: () => [bun()?.path ?? '', file('bun-listen.mjs')],
})

/** asyncio's or uvloop's Protocol API. */
export const pythonServer = (loop, script = file('asyncio_echo.py'), modes = ['echo', 'split']) => {
  const { version, unavailable } = pythonPeer(loop)
  const found = loop === 'uvloop' ? uvloop() : python()
  return server({
    name: loop,
    title: loop,
    kind: 'peer',
    modes,
    version,
    unavailable,
    command: (mode) => [found?.path ?? '', script, loop, mode],
  })
}

/** All peers with the means that are nearest to a Protocol. */
export const peers = [
  cEpoll,
  nodeNet(),
  ...(current === '24' ? [] : [nodeNet('24')]),
  bunListen,
  pythonServer('asyncio'),
  pythonServer('uvloop'),
]

/** This selector's streams, below @loop/net. */
export const streamIo = (name, title, mode, backend) =>
  server({
    name,
    title,
    kind: 'ours',
    modes: [mode],
    command: inThisNode(file('stream-io.mjs'), (mode) => [mode, backend]),
  }).in(mode)
