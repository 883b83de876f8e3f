/**
 * The same peer talks to CPython's server and to ours; the calls of the protocol must be the same, in the same order.
 * What each protocol does is written twice: in `scenarios` here, and in oracle/server.py.
 */
import type { EventLoop } from '@loop/core'
import { describe, expect, test } from 'vitest'
import type { BufferedProtocol, Protocol, StreamProtocol } from '../src/index.ts'
import { createServer } from '../src/index.ts'
import { hasPython, noted, pythonIsOlder } from './oracle/cpython.ts'
import { collectErrors, families, onLoop, Peer, Recording } from './support.ts'

const MEGABYTE = 1024 * 1024

interface Scenario {
  /** What our protocol does; `self` records. */
  protocol?(self: Recording, loop: EventLoop): Partial<Protocol>
  /** What the peer does with either server. */
  peer(peer: Peer): Promise<void>
  readonly pausedPeer?: boolean
  /** It receives into so many bytes of its own. */
  readonly memory?: number
  /** Why it needs the CPython that is the reference, 3.11.7, or a later one. */
  readonly olderPythonDiffers?: string
  /** Why it is otherwise over node:net. */
  readonly notOverNode?: string
}

const endAfter =
  (text: string) =>
  async (peer: Peer): Promise<void> => {
    peer.write('hello')
    await peer.until(() => peer.text === text)
    peer.socket.end()
  }
const sendAndEnd = async (peer: Peer): Promise<void> => {
  peer.socket.end('hello')
  await peer.until(() => peer.ended || peer.closed)
}
const sendAndWait = async (peer: Peer): Promise<void> => {
  peer.write('hello')
  await peer.until(() => peer.ended || peer.closed)
  peer.socket.end()
}
const readSlowly = async (peer: Peer): Promise<void> => {
  peer.write('go')
  await peer.until(() => peer.socket.bytesWritten === 2)
  // Long enough for the server to fill what the kernel holds.
  await new Promise((resolve) => setTimeout(resolve, 100))
  peer.socket.resume()
  await peer.until(() => peer.size === 32 * MEGABYTE)
  peer.socket.end()
}

const scenarios: Record<string, Scenario> = {
  echo: {
    protocol: (self) => ({
      dataReceived: (bytes) => {
        self.transport.write(bytes)
      },
    }),
    peer: endAfter('hello'),
  },
  'half open': {
    protocol: (self, loop) => ({
      eofReceived() {
        loop.callLater(5, () => {
          self.transport.write(Buffer.from('late'))
          self.transport.close()
        })
        return true
      },
    }),
    peer: sendAndEnd,
  },
  'write eof': {
    protocol: () => ({
      connectionMade(transport) {
        transport.write(Buffer.from('bye'))
        transport.writeEof()
      },
    }),
    async peer(peer) {
      await peer.until(() => peer.ended)
      peer.socket.end('heard')
    },
  },
  'close while writing': {
    protocol: (self) => ({
      dataReceived() {
        self.transport.setWriteBufferLimits({ high: 64 * MEGABYTE })
        self.transport.write(Buffer.alloc(4 * MEGABYTE, 'x'))
        self.transport.close()
        self.note(['closing', self.transport.isClosing()])
      },
    }),
    peer: sendAndWait,
  },
  abort: {
    protocol: (self) => ({
      dataReceived() {
        self.transport.abort()
        self.note(['closing', self.transport.isClosing()])
      },
    }),
    peer: sendAndWait,
  },
  'slow reader': {
    protocol: (self) => ({
      dataReceived() {
        self.transport.write(Buffer.alloc(32 * MEGABYTE, 'x'))
        self.note('written')
      },
    }),
    peer: readSlowly,
    pausedPeer: true,
  },
  'zero marks': {
    protocol: (self) => ({
      dataReceived() {
        self.transport.setWriteBufferLimits({ high: 0 })
        const { low, high } = self.transport.getWriteBufferLimits()
        self.note(['limits', low, high])
        self.transport.write(Buffer.alloc(32 * MEGABYTE, 'x'))
      },
    }),
    peer: readSlowly,
    pausedPeer: true,
  },
  'pause reading': {
    olderPythonDiffers: 'CPython 3.11.2 reads on after connection_made has paused it',
    protocol: (self, loop) => ({
      connectionMade(transport) {
        transport.pauseReading()
        loop.callLater(20, () => {
          self.note(['reading', transport.isReading()])
          transport.resumeReading()
          self.note(['reading', transport.isReading()])
        })
      },
    }),
    peer: sendAndEnd,
  },
  'failing data': {
    protocol: () => ({
      dataReceived() {
        throw new Error('bug')
      },
    }),
    peer: sendAndWait,
  },
  'failing eof': {
    protocol: () => ({
      eofReceived() {
        throw new Error('bug')
      },
    }),
    peer: sendAndEnd,
  },
  'soon in made': {
    protocol: (self, loop) => ({
      connectionMade() {
        loop.callSoon(() => {
          self.note('soon')
        })
      },
    }),
    peer: sendAndEnd,
  },
  'new protocol': {
    protocol: (self, loop) => ({
      dataReceived() {
        const second = new Recording(loop)
        second.events = self.events
        second.onLost = () => {
          self.note()
        }
        self.note('replaced')
        self.transport.setProtocol(second)
      },
    }),
    async peer(peer) {
      peer.write('one')
      await new Promise((resolve) => setTimeout(resolve, 20))
      peer.socket.end('two')
      await peer.until(() => peer.ended || peer.closed)
    },
  },
  'own memory': {
    memory: 7,
    async peer(peer) {
      peer.socket.end('in pieces of seven')
      await peer.until(() => peer.ended || peer.closed)
    },
  },
  'close in eof': {
    protocol: (self) => ({
      eofReceived() {
        self.transport.close()
        return true
      },
    }),
    peer: sendAndEnd,
  },
  'last words before a reset': {
    notOverNode: 'libuv takes a hang-up after a short read for the end of the stream',
    protocol: () => ({
      connectionMade(transport) {
        transport.write(Buffer.from('ready'))
      },
    }),
    async peer(peer) {
      await peer.until(() => peer.text === 'ready')
      peer.socket.write('last words', () => {
        peer.socket.resetAndDestroy()
      })
      await peer.over()
    },
  },
  reset: {
    async peer(peer) {
      peer.write('hello')
      await new Promise((resolve) => setTimeout(resolve, 20))
      peer.socket.resetAndDestroy()
    },
  },
}

/** The same protocol, with memory of its own. */
function buffered(self: Recording, size: number): BufferedProtocol {
  const memory = Buffer.alloc(size)
  return {
    connectionMade: (transport) => {
      self.connectionMade(transport)
    },
    getBuffer: () => memory,
    bufferUpdated: (count) => {
      self.note(['filled', memory.toString('latin1', 0, count)])
    },
    eofReceived: () => self.eofReceived(),
    connectionLost: (error) => {
      self.connectionLost(error)
    },
  }
}

async function ours(
  loop: EventLoop,
  { protocol, peer: act, pausedPeer = false, memory }: Scenario,
): Promise<unknown[]> {
  collectErrors(loop)
  const made = loop.createFuture<Recording>()
  const server = await createServer(
    (): StreamProtocol => {
      const on: Partial<Protocol> = {}
      const self = new Recording(loop, on)
      Object.assign(on, protocol?.(self, loop))
      made.setResult(self)
      return memory === undefined ? self : buffered(self, memory)
    },
    { host: '127.0.0.1', port: 0 },
  )
  const peer = await Peer.connect(loop, { port: server.port }, { paused: pausedPeer })
  await act(peer)
  const self = await made
  await self.lost()
  server.close()
  await server.waitClosed()
  peer.socket.destroy()
  return self.events
}

/** Why a scenario cannot be compared here; undefined when it can. */
function reasonAgainst(scenario: Scenario, overNode: boolean): string | undefined {
  if (!hasPython) return 'there is no python3 here'
  if (pythonIsOlder && scenario.olderPythonDiffers !== undefined) return scenario.olderPythonDiffers
  return overNode ? scenario.notOverNode : undefined
}

for (const family of families) {
  describe(`protocols are called as by CPython, over ${family.name}`, () => {
    for (const [name, scenario] of Object.entries(scenarios)) {
      const reason = reasonAgainst(scenario, family === families[0])
      const check = reason === undefined ? test : test.skip
      check(reason === undefined ? name : `${name} (${reason})`, () =>
        onLoop(family, async (loop) => {
          const theirs = await noted(loop, 'server.py', name, scenario.peer, { paused: scenario.pausedPeer ?? false })
          const mine = await ours(loop, scenario)
          expect(mine).toEqual(theirs)
        }),
      )
    }
  })
}
