import type { EventLoop } from '@loop/core'
import { gather, sleep } from '@loop/core'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import process from 'node:process'
import { expect, test } from 'vitest'
import type { Protocol, Server, Transport } from '../src/index.ts'
import { createConnection, createServer } from '../src/index.ts'
import { openConnection, startServer } from '../src/streams/index.ts'
import { collectErrors, onEachFamily, onLoop, Peer, Recording } from './support.ts'

const LOCAL = { host: '127.0.0.1', port: 0 }
const CLIENTS = 1000
/** Each line is heard by everyone: 10 lines are 10,000 deliveries. */
const SPEAKERS = 10

/** Says everything it hears to everyone. */
class ChatMember implements Protocol {
  constructor(private readonly members: Set<Transport>) {}
  private transport!: Transport

  connectionMade(transport: Transport): void {
    this.transport = transport
    this.members.add(transport)
  }

  dataReceived(bytes: Buffer): void {
    for (const member of this.members) member.write(bytes)
  }

  connectionLost(): void {
    this.members.delete(this.transport)
  }
}

/** Sends numbered blocks until it is stopped, and then its end; the server sends everything back. */
class Sender implements Protocol {
  sent = 0
  received = 0
  private transport!: Transport
  private stopped = false
  readonly lost

  constructor(private readonly loop: EventLoop) {
    this.lost = loop.createFuture<Error | undefined>()
  }

  connectionMade(transport: Transport): void {
    this.transport = transport
    this.send()
  }

  dataReceived(bytes: Buffer): void {
    for (const byte of bytes) if (byte !== this.received++ % 251) throw new Error(`wrong byte at ${this.received - 1}`)
  }

  connectionLost(error: Error | undefined): void {
    this.lost.setResult(error)
  }

  stop(): void {
    this.stopped = true
  }

  private send(): void {
    if (this.stopped) {
      this.transport.writeEof()
      return
    }
    this.transport.write(Buffer.from(Array.from({ length: 100 }, () => this.sent++ % 251)))
    this.loop.callSoon(() => {
      this.send()
    })
  }
}

onEachFamily('many connections', (family) => {
  const check = (name: string, body: (loop: EventLoop) => Promise<void>): void => {
    test(name, () => onLoop(family, body), 120_000)
  }

  check('a chat of a thousand clients: everyone hears every line, in order', async (loop) => {
    const members = new Set<Transport>()
    const server = await createServer(() => new ChatMember(members), { ...LOCAL, backlog: CLIENTS })
    const clients = await gather(
      Array.from({ length: CLIENTS }, () => () => openConnection({ host: '127.0.0.1', port: server.port, loop })),
    )
    while (members.size < CLIENTS) await sleep(1)
    const heard = loop.createTask(() =>
      gather(
        clients.map(([reader]) => async () => {
          const lines: string[] = []
          for (let i = 0; i < SPEAKERS; i++) lines.push((await reader.readLine()).toString())
          return lines
        }),
      ),
    )
    for (let speaker = 0; speaker < SPEAKERS; speaker++) {
      clients[speaker * 100]![1].write(Buffer.from(`speaker ${speaker}\n`))
    }
    const all = await heard
    const first = all[0]!
    expect([...first].sort()).toEqual(Array.from({ length: SPEAKERS }, (_, i) => `speaker ${i}\n`))
    expect(all.every((lines) => lines.join('') === first.join(''))).toBe(true)
    for (const [, writer] of clients) writer.close()
    server.close()
    await server.waitClosed()
    expect(members.size).toBe(0)
    await gather(
      clients.map(
        ([, writer]) =>
          () =>
            writer.waitClosed(),
      ),
    )
  })

  check('a server closed under load loses no byte of the connections it accepted', async (loop) => {
    const server: Server = await startServer(async (reader, writer) => {
      for await (const bytes of reader) {
        writer.write(bytes)
        await writer.drain()
      }
      writer.close()
    }, LOCAL)
    const senders: Sender[] = []
    for (let i = 0; i < 50; i++) {
      const [, sender] = await createConnection(() => new Sender(loop), { host: '127.0.0.1', port: server.port })
      senders.push(sender)
    }
    while (server.connections < senders.length) await sleep(1)
    while (senders.some(({ received }) => received < 10_000)) await sleep(1)
    server.close()
    await sleep(10)
    for (const sender of senders) sender.stop()
    await server.waitClosed()
    for (const sender of senders) {
      expect(await sender.lost).toBe(undefined)
      expect(sender.received).toBe(sender.sent)
    }
  })

  const limits = spawnSync('prlimit', ['--version']).status === 0
  const descriptors = limits
    ? check
    : (name: string, body: (loop: EventLoop) => Promise<void>) => {
        test.skip(`${name} (there is no prlimit here)`, () => onLoop(family, body))
      }

  descriptors('running out of descriptors is reported once, and survived', async (loop) => {
    const errors = collectErrors(loop)
    const made: Recording[] = []
    const server = await createServer(() => {
      const protocol = new Recording(loop, {
        dataReceived: (bytes) => {
          protocol.transport.write(bytes)
        },
      })
      made.push(protocol)
      return protocol
    }, LOCAL)
    const peer = await Peer.connect(loop, { port: server.port })
    while (made.length === 0) await sleep(1)
    // Clients in a process of their own, which has descriptors.
    const clients = spawn(process.execPath, ['-e', CONNECT_ON_INPUT, String(server.port)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const held: number[] = []
    const before = limitOfDescriptors()
    try {
      setLimitOfDescriptors(200)
      for (;;) {
        try {
          held.push(openSync('/dev/null', 'r'))
        } catch {
          break
        }
      }
      clients.stdin.write('connect\n')
      while (errors.length === 0) await sleep(1)
      // Three more tries of the listener, each of which fails.
      await sleep(300)
      // The connection that was there goes on meanwhile.
      peer.write('still served')
      await peer.until(() => peer.text === 'still served')
    } finally {
      for (const fd of held) closeSync(fd)
      setLimitOfDescriptors(before)
    }
    const report =
      'No connection can be accepted: there are no file descriptors left. The server goes on when some are closed'
    expect(errors.map(({ message, exception }) => [message, (exception as { code?: string }).code])).toEqual([
      [report, 'EMFILE'],
    ])
    const late = await Peer.connect(loop, { port: server.port })
    late.write('served again')
    await late.until(() => late.text === 'served again')
    clients.stdin.end()
    await loop.wrap(once(clients, 'close'))
    for (const each of [peer, late]) {
      each.socket.end()
      await each.over()
    }
    server.close()
    await server.waitClosed()
  })
})

/** For `node -e`: connects ten times when a line comes, ends with its input. */
const CONNECT_ON_INPUT = `
  const net = require('node:net')
  process.stdin.once('data', () => {
    for (let i = 0; i < 10; i++) net.connect(Number(process.argv[1]), '127.0.0.1').on('error', () => {})
  })
  process.stdin.on('end', () => process.exit(0))
`

function limitOfDescriptors(): number {
  const { stdout } = spawnSync('prlimit', [
    '--pid',
    String(process.pid),
    '--nofile',
    '--noheadings',
    '--raw',
    '--output',
    'SOFT',
  ])
  return Number(stdout.toString())
}

function setLimitOfDescriptors(soft: number): void {
  // Not through a new process when there is no descriptor left: called before, and after some were closed.
  const { status } = spawnSync('prlimit', ['--pid', String(process.pid), `--nofile=${soft}:`])
  if (status !== 0) throw new Error('prlimit failed')
}
