/** Who takes part: a name, and for each mode it knows the command of a server. What is not installed does not take part. */
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { contenders as native } from '../../selector-native/bench/contenders.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const own = (file) => join(here, 'contenders', file)
const python = process.env.LOOP_BENCH_PYTHON ?? '/usr/bin/python3'
const nodes = (process.env.LOOP_BENCH_NODES ?? '').split(',').filter(Boolean).map((entry) => entry.split('='))
const current = process.versions.node.split('.')[0]
const works = (...args) => spawnSync(args[0], args.slice(1)).status === 0

const loopNet = (io, ...options) => (mode) => [process.execPath, own('loop-net.mjs'), mode, io, ...options]
const nodeStreams = (path) => () => [path, own('node-streams.mjs')]
const pythonStreams = (loop) => () => [python, own('asyncio_streams.py'), loop]

/** Servers with the Protocol API or what is nearest to it: modes echo, split, corked. */
export function protocols(compile) {
  return [
    ...native(compile).filter(({ name }) => !name.startsWith('StreamIo')),
    { name: 'Loop', command: loopNet('epoll'), modes: ['echo', 'split'] },
    { name: 'Loop, buffered', command: (mode) => loopNet('epoll')(mode === 'echo' ? 'buffered' : mode), modes: ['echo'] },
    { name: 'Loop over libuv', command: loopNet('uv'), modes: ['echo', 'split'] },
    { name: 'Loop over node:net', command: loopNet('node'), modes: ['echo', 'split'] },
  ]
}

/** Servers with async handlers over streams. */
export function handlers() {
  return [
    { name: 'Loop', command: () => loopNet('epoll')('streams') },
    { name: `node ${current}`, command: nodeStreams(process.execPath) },
    ...nodes.map(([version, path]) => ({ name: `node ${version}`, command: nodeStreams(path) })),
    ...(works(python, '--version') ? [{ name: 'asyncio', command: pythonStreams('asyncio') }] : []),
    ...(works(python, '-c', 'import uvloop') ? [{ name: 'uvloop', command: pythonStreams('uvloop') }] : []),
  ]
}

/** The same server, busy polling for 50 microseconds after each batch. */
export const busy = { name: 'Loop, busy poll', command: loopNet('epoll', '50'), modes: ['echo'] }
