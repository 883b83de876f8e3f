/**
 * CPython's own servers, which the tests compare with: they print their port, then what they noted as one line of JSON.
 */
import type { EventLoop } from '@loop/core'
import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Peer } from '../support.ts'

export const hasPython = spawnSync('python3', ['-c', 'import asyncio']).status === 0

/** Whether it is older than the CPython that is the reference. */
export const pythonIsOlder =
  spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 11, 7))']).status !== 0

/** What a script of this folder noted while a peer of Node's did something with its server. */
export async function noted(
  loop: EventLoop,
  script: 'server.py' | 'streams.py',
  scenario: string,
  act: (peer: Peer) => Promise<void>,
  options: { readonly paused: boolean },
): Promise<unknown[]> {
  const file = fileURLToPath(new URL(script, import.meta.url))
  const python = spawn('python3', [file, scenario], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface(python.stdout)[Symbol.asyncIterator]()
  const next = async (): Promise<string> => (await loop.wrap(lines.next())).value as string
  try {
    const peer = await Peer.connect(loop, { port: Number(await next()) }, options)
    await act(peer)
    const events = JSON.parse(await next()) as unknown[]
    peer.socket.destroy()
    return events
  } finally {
    python.kill()
  }
}
