import type { EventLoop } from '@loop/core'
import { CancelledError, sleep } from '@loop/core'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createConnection, createDatagramEndpoint, createServer, sendFile } from '../src/index.ts'
import { startServer } from '../src/streams/index.ts'
import { collectErrors, onEachFamilyAndTls, onLoop, Recording } from './support.ts'

/** More turns than any of these takes. */
const TURNS = 25
const LOCAL = { host: '127.0.0.1', port: 0 }

/** Something open; closing it is done when it is closed. */
interface Opened {
  close(): PromiseLike<void>
}

onEachFamilyAndTls('cancelling what is being opened, at each of its turns', (family) => {
  const { server = {}, client = {} } = family.tls ?? {}

  /** What is opened before the request comes is there; else it is cancelled. `onLoop` finds what is left open. */
  const cancelAtEachTurn = async (loop: EventLoop, open: () => Promise<Opened>): Promise<void> => {
    let cancelled = 0
    for (let turns = 0; turns < TURNS; turns++) {
      const task = loop.createTask(open)
      for (let turn = 0; turn < turns; turn++) await sleep(0)
      task.cancel()
      try {
        await (await task).close()
      } catch (error) {
        expect(error).toBeInstanceOf(CancelledError)
        cancelled++
      }
    }
    expect(cancelled).toBeGreaterThan(0)
  }

  test('a server', () =>
    onLoop(family, (loop) =>
      cancelAtEachTurn(loop, async () => {
        const made = await createServer(() => new Recording(loop), { ...LOCAL, ...server })
        return {
          async close() {
            made.close()
            await made.waitClosed()
          },
        }
      }),
    ))

  test('a server on a path, which is free again', () =>
    onLoop(family, async (loop) => {
      const folder = mkdtempSync(join(tmpdir(), 'loop-net-'))
      const path = join(folder, 'socket')
      await cancelAtEachTurn(loop, async () => {
        const made = await createServer(() => new Recording(loop), { path, ...server })
        return {
          async close() {
            made.close()
            await made.waitClosed()
          },
        }
      })
      const last = await createServer(() => new Recording(loop), { path, ...server })
      last.close()
      await last.waitClosed()
      rmSync(folder, { recursive: true })
    }))

  test('a connection', () =>
    onLoop(family, async (loop) => {
      // Handshakes that are broken off are reported.
      collectErrors(loop)
      const there = await startServer(
        async (reader, writer) => {
          await reader.read().then(undefined, () => {})
          writer.close()
        },
        { ...LOCAL, ...server },
      )
      await cancelAtEachTurn(loop, async () => {
        const [transport, protocol] = await createConnection(() => new Recording(loop), {
          host: '127.0.0.1',
          port: there.port,
          ...client,
        })
        return {
          async close() {
            transport.abort()
            await protocol.lost()
          },
        }
      })
      there.close()
      await there.waitClosed()
    }))

  test('a datagram socket, and nobody hears of it', () =>
    onLoop(family, async (loop) => {
      const calls: string[] = []
      let opened = 0
      await cancelAtEachTurn(loop, async () => {
        const lost = loop.createFuture<void>()
        const [transport] = await createDatagramEndpoint(
          () => ({
            connectionMade: () => calls.push('made'),
            connectionLost() {
              calls.push('lost')
              if (!lost.done()) lost.setResult()
            },
          }),
          { localAddress: LOCAL },
        )
        opened++
        return {
          async close() {
            transport.close()
            await lost
          },
        }
      })
      await sleep(5)
      expect(calls.filter((call) => call === 'made').length).toBe(calls.filter((call) => call === 'lost').length)
      expect(calls.length / 2).toBeGreaterThanOrEqual(opened)
    }))

  test('a file that is to be sent', () =>
    onLoop(family, async (loop) => {
      const there = await startServer(
        async (reader, writer) => {
          await reader.read().then(undefined, () => {})
          writer.close()
        },
        { ...LOCAL, ...server },
      )
      const [transport, protocol] = await createConnection(() => new Recording(loop), {
        host: '127.0.0.1',
        port: there.port,
        ...client,
      })
      await cancelAtEachTurn(loop, async () => {
        await sendFile(transport, new URL('./tls/cert.pem', import.meta.url))
        return { close: () => Promise.resolve() }
      })
      transport.abort()
      await protocol.lost()
      there.close()
      await there.waitClosed()
    }))
})
