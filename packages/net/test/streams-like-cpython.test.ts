/**
 * The same peer talks to a stream server of CPython's and to one of ours; what the handlers read, and are thrown, must
 * be the same. What each handler does is written twice: in `scenarios` here, and in oracle/streams.py.
 */
import type { EventLoop } from '@loop/core'
import { TimeoutError, waitFor } from '@loop/core'
import { describe, expect, test } from 'vitest'
import type { StreamReader, StreamWriter } from '../src/streams/index.ts'
import { startServer } from '../src/streams/index.ts'
import { hasPython, noted, pythonIsOlder } from './oracle/cpython.ts'
import { readOutcome } from './read-outcome.ts'
import { families, nameOf, onLoop, Peer } from './support.ts'

const MEGABYTE = 1024 * 1024
/** Bytes; so small that a line can be beyond it. */
const LIMIT = 16

interface Scenario {
  handler(reader: StreamReader, writer: StreamWriter, note: (event: unknown) => void): Promise<void>
  peer(peer: Peer): Promise<void>
  readonly pausedPeer?: boolean
  /** Why it cannot be compared with a Python before 3.11.7. */
  readonly olderPythonDiffers?: string
}

/** What a read gave, or the error that it threw, as the tests compare it. */
const outcome = (read: PromiseLike<Buffer>): Promise<unknown> => readOutcome(read, (error) => ['lost', nameOf(error)])

const sendAndEnd =
  (text: string) =>
  async (peer: Peer): Promise<void> => {
    peer.socket.end(text)
    await peer.until(() => peer.ended || peer.closed)
  }

/** Sends more when it is asked to. */
const sendTwice =
  (first: string, second: string) =>
  async (peer: Peer): Promise<void> => {
    peer.write(first)
    await peer.until(() => peer.text === 'more')
    await sendAndEnd(second)(peer)
  }

const scenarios: Record<string, Scenario> = {
  lines: {
    async handler(reader, _writer, note) {
      for (let i = 0; i < 4; i++) note(await outcome(reader.readLine()))
      note(reader.atEof())
    },
    peer: sendAndEnd('one\n\ntwo'),
  },
  iteration: {
    async handler(reader, _writer, note) {
      for await (const line of reader.lines()) note(line.toString())
    },
    peer: sendAndEnd('one\ntwo\nthree'),
  },
  exactly: {
    async handler(reader, _writer, note) {
      note(await outcome(reader.readExactly(3)))
      note(await outcome(reader.readExactly(0)))
      note(await outcome(reader.readExactly(10)))
      note(reader.atEof())
    },
    peer: sendAndEnd('hello'),
  },
  until: {
    async handler(reader, _writer, note) {
      note(await outcome(reader.readUntil('\r\n')))
      note(await outcome(reader.readUntil('--')))
      note(await outcome(reader.readUntil('\r\n')))
    },
    peer: sendAndEnd('a\rb\r\nc-d--e\r'),
  },
  'beyond the limit': {
    async handler(reader, writer, note) {
      note(await outcome(reader.readUntil('\n')))
      note(await outcome(reader.readExactly(41)))
      writer.write(Buffer.from('more'))
      note(await outcome(reader.readUntil('\n')))
      note(await outcome(reader.readExactly(30)))
    },
    peer: sendTwice(`${'x'.repeat(40)}\n`, 'y'.repeat(30)),
  },
  pieces: {
    async handler(reader, writer, note) {
      note(await outcome(reader.read(2)))
      note(await outcome(reader.read(0)))
      note(await outcome(reader.read(100)))
      writer.write(Buffer.from('more'))
      note(await outcome(reader.read()))
      note(await outcome(reader.read(100)))
    },
    peer: sendTwice('hello', 'and the rest'),
  },
  'half open': {
    async handler(reader, writer, note) {
      note(await outcome(reader.read()))
      note(writer.canWriteEof())
      writer.writeLines([Buffer.from('late '), Buffer.from('answer')])
      await writer.drain()
      writer.writeEof()
      note(writer.isClosing())
    },
    async peer(peer) {
      await sendAndEnd('question')(peer)
      expect(peer.text).toBe('late answer')
    },
  },
  'a read that times out': {
    async handler(reader, writer, note) {
      try {
        await waitFor(reader.read(10), 10)
      } catch (error) {
        if (error instanceof TimeoutError) note('timeout')
      }
      writer.write(Buffer.from('more'))
      note(await outcome(reader.read(10)))
    },
    peer: sendTwice('', 'late'),
  },
  'a slow peer': {
    async handler(reader, writer, note) {
      const { transport } = writer
      note(await outcome(reader.readExactly(2)))
      writer.write(Buffer.alloc(32 * MEGABYTE, 'x'))
      const { low } = transport.getWriteBufferLimits()
      note(transport.getWriteBufferSize() > low)
      await writer.drain()
      note(transport.getWriteBufferSize() <= low)
    },
    pausedPeer: true,
    async peer(peer) {
      peer.write('go')
      // Long enough for the server to fill what the kernel holds.
      await new Promise((resolve) => setTimeout(resolve, 100))
      peer.socket.resume()
      await peer.until(() => peer.ended)
      expect(peer.size).toBe(32 * MEGABYTE)
      peer.socket.end()
    },
  },
  reset: {
    async handler(reader, writer, note) {
      writer.write(Buffer.from('ready'))
      note(await outcome(reader.read(10)))
      await Promise.resolve(writer.drain()).catch(() => {
        note('drain failed')
      })
      await Promise.resolve(writer.waitClosed()).catch((error: unknown) => {
        note(['lost', nameOf(error)])
      })
      note(writer.isClosing())
    },
    async peer(peer) {
      await peer.until(() => peer.text === 'ready')
      peer.socket.resetAndDestroy()
      await peer.over()
    },
  },
  failing: {
    olderPythonDiffers: 'Python before 3.11.7 neither reports the error nor closes the connection',
    handler: () => Promise.reject(new Error('bug')),
    async peer(peer) {
      await peer.until(() => peer.ended)
      peer.socket.end()
    },
  },
}

async function ours(loop: EventLoop, { handler, peer: act, pausedPeer = false }: Scenario): Promise<unknown[]> {
  const events: unknown[] = []
  const note = (event: unknown): void => {
    events.push(event)
  }
  loop.setExceptionHandler((_loop, { exception }) => {
    note(['reported', (exception as Error).message])
  })
  const server = await startServer(
    async (reader, writer) => {
      await handler(reader, writer, note)
      writer.close()
    },
    { host: '127.0.0.1', port: 0, limit: LIMIT },
  )
  const peer = await Peer.connect(loop, { port: server.port }, { paused: pausedPeer })
  await act(peer)
  server.close()
  await server.waitClosed()
  peer.socket.destroy()
  return events
}

/** Why a scenario cannot be compared here; undefined when it can. */
function reasonAgainst({ olderPythonDiffers }: Scenario): string | undefined {
  if (!hasPython) return 'there is no python3 here'
  return pythonIsOlder ? olderPythonDiffers : undefined
}

for (const family of families) {
  describe(`streams read as CPython's, over ${family.name}`, () => {
    for (const [name, scenario] of Object.entries(scenarios)) {
      const reason = reasonAgainst(scenario)
      const check = reason === undefined ? test : test.skip
      check(reason === undefined ? name : `${name} (${reason})`, () =>
        onLoop(family, async (loop) => {
          const theirs = await noted(loop, 'streams.py', name, scenario.peer, { paused: scenario.pausedPeer ?? false })
          expect(await ours(loop, scenario)).toEqual(theirs)
        }),
      )
    }
  })
}
