/** Who takes part: a name, and the command of a server in each mode it knows. What is not installed does not take part. */
import { spawnSync } from 'node:child_process'

const works = (command, ...args) => spawnSync(command, args).status === 0

/** Other Nodes, as LOOP_BENCH_NODES="24=/path/to/node,26=…". */
const nodes = (process.env.LOOP_BENCH_NODES ?? '').split(',').filter(Boolean).map((entry) => entry.split('='))
const bun = process.env.LOOP_BENCH_BUN ?? 'bun'
const python = process.env.LOOP_BENCH_PYTHON ?? '/usr/bin/python3'

const node = process.execPath
const current = process.versions.node.split('.')[0]
const streamIo = (...options) => (mode) => [node, 'contenders/stream-io.mjs', mode, ...options]
const nodeNet = (path) => (mode) => [path, 'contenders/node-net.mjs', mode]
const asyncio = (loop) => (mode) => [python, 'contenders/asyncio_echo.py', loop, mode]

/** @param {(file: string) => string} compile */
export function contenders(compile) {
  const list = [
    { name: 'C epoll', command: ((binary) => () => [binary])(compile('contenders/c-epoll.c')), modes: ['echo'] },
    { name: 'StreamIo epoll', command: streamIo('epoll'), modes: ['echo', 'borrow', 'split'] },
    { name: 'StreamIo uv', command: streamIo('uv'), modes: ['echo', 'borrow', 'split'] },
    { name: 'StreamIo io_uring', command: streamIo('io_uring'), modes: ['echo', 'borrow', 'split'] },
    { name: 'StreamIo busy', command: streamIo('epoll', '50'), modes: ['echo'] },
    { name: `node:net ${current}`, command: nodeNet(node), modes: ['echo', 'split', 'corked'] },
    ...nodes.map(([version, path]) => ({ name: `node:net ${version}`, command: nodeNet(path), modes: ['echo', 'split', 'corked'] })),
  ]
  if (works(bun, '--version')) list.push({ name: 'Bun.listen', command: () => [bun, 'contenders/bun-listen.mjs'], modes: ['echo'] })
  if (works(python, '--version')) list.push({ name: 'asyncio', command: asyncio('asyncio'), modes: ['echo', 'split'] })
  if (works(python, '-c', 'import uvloop')) list.push({ name: 'uvloop', command: asyncio('uvloop'), modes: ['echo', 'split'] })
  return list
}
