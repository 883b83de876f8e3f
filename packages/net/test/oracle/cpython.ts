/**
 * CPython's own servers, which the tests compare with: they print their port, then what they noted as one line of JSON.
 */
import type { EventLoop } from '@loop/core'
import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { certFile, keyFile, Peer } from '../support.ts'

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

/** The other end of the soak: CPython's clients or its server, which speak TLS where `secure` says so. */
export class SoakEnd {
  private readonly python
  private readonly lines: AsyncIterator<string>

  private constructor(
    private readonly loop: EventLoop,
    ...command: readonly string[]
  ) {
    const file = fileURLToPath(new URL('soak.py', import.meta.url))
    this.python = spawn('python3', [file, ...command], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.lines = createInterface(this.python.stdout)[Symbol.asyncIterator]()
  }

  /** So many connections of streams and of transports; what they saw. */
  static async clients(
    loop: EventLoop,
    port: number,
    seed: number,
    count: number,
    secure: boolean,
  ): Promise<SoakNotes> {
    const end = new SoakEnd(loop, 'clients', `${port}`, `${seed}`, `${count}`, ...(secure ? [certFile] : []))
    return JSON.parse(await end.next()) as SoakNotes
  }

  /** A server that echoes. */
  static async server(loop: EventLoop, secure: boolean): Promise<SoakEnd & { readonly port: number }> {
    const end = new SoakEnd(loop, 'server', ...(secure ? [certFile, keyFile] : []))
    return Object.assign(end, { port: Number(await end.next()) })
  }

  /** Ends the server; what it saw. */
  async finish(): Promise<{ readonly made: number; readonly lost: number; readonly wrong: string[] }> {
    this.python.stdin.end()
    return JSON.parse(await this.next()) as { made: number; lost: number; wrong: string[] }
  }

  private async next(): Promise<string> {
    const { value, done } = await this.loop.wrap(this.lines.next())
    if (done === true) throw new Error('the program in Python ended early; its error is above')
    return value
  }
}

/** What CPython's clients saw. */
export interface SoakNotes {
  readonly done: number
  readonly bytes: number
  readonly wrong: readonly string[]
}
