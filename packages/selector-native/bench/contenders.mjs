/**
 * The servers that others offer, and this selector's own streams. A server is `in(mode)`: a contender that echoes in
 * one of the modes it knows. What each does is in contenders/.
 */
import { fileURLToPath } from 'node:url'
import { bun, onNode, pythonPeer, python, uvloop } from '@loop/bench-kit'
import { compiled, measureServer, serverProblem } from '@loop/bench-kit/server'

const file = (name) => fileURLToPath(new URL(`contenders/${name}`, import.meta.url))

/**
 * @param {{ name: string, title: string, kind: string, modes: string[], version?: () => string, unavailable?: () => string | undefined,
 *   command: (mode: string, context: import('@loop/bench-kit').Context) => string[], runsOnNode?: boolean }} about
 */
export const server = ({ name, title, kind, modes, version, unavailable, command, runsOnNode = false }) => ({
  name,
  modes,
  in: (mode, measure = measureServer) => ({
    name,
    title,
    kind,
    /** Asked when it is shown: it may take a process to find out. */
    get version() {
      return version?.()
    },
    unavailable: () => serverProblem() ?? unavailable?.(),
    measure: (runsOnNode ? onNode : asItIs)((point, context) => measure(command(mode, context), point)),
  }),
})

const asItIs = (measure) => measure

/** A server in Node, on the packages of this revision or of the one that the context leads to. */
export const nodeServer = ({ script, args = (mode) => [mode], ...about }) =>
  server({
    ...about,
    runsOnNode: true,
    command: (mode, { node, nodeArgs }) => [node, ...nodeArgs, script, ...args(mode)],
  })

/** The limit: C with epoll. */
export const cEpoll = server({
  name: 'c-epoll',
  title: 'C, epoll',
  kind: 'limit',
  modes: ['echo'],
  command: () => [compiled(new URL('contenders/c-epoll.c', import.meta.url))],
})

/** Node's own servers. */
export const nodeNet = nodeServer({
  name: 'node-net',
  title: 'node:net',
  kind: 'peer',
  modes: ['echo', 'split', 'corked'],
  script: file('node-net.mjs'),
})

export const bunListen = server({
  name: 'bun',
  title: 'Bun.listen',
  kind: 'peer',
  modes: ['echo'],
  version: () => bun()?.version ?? 'not found',
  unavailable: () => (bun() === undefined ? 'no Bun (npm run bench:setup fetches it)' : undefined),
  command: () => [bun()?.path ?? '', file('bun-listen.mjs')],
})

/** asyncio's or uvloop's Protocol API. */
export const pythonServer = (
  loop,
  script = file('asyncio_echo.py'),
  modes = ['echo', 'split'],
  args = (mode) => [mode],
) =>
  server({
    name: loop,
    title: loop,
    kind: 'peer',
    modes,
    version: () => pythonPeer(loop).version,
    unavailable: pythonPeer(loop).unavailable,
    command: (mode) => [(loop === 'uvloop' ? uvloop() : python())?.path ?? '', script, loop, ...args(mode)],
  })

/** All peers with the means that are nearest to a Protocol. */
export const peers = [cEpoll, nodeNet, bunListen, pythonServer('asyncio'), pythonServer('uvloop')]

/** This selector's streams, below @loop/net. */
export const streamIo = (name, title, mode, backend) =>
  nodeServer({
    name,
    title,
    kind: 'ours',
    modes: [mode],
    script: file('stream-io.mjs'),
    args: () => [mode, backend],
  }).in(mode)
