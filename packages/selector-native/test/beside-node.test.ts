import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { sleep } from '@loop/core'
import { backends, connectedPair, onLoop } from './support.ts'

describe.each(backends)("Node's own loop beside the selector on %s", (backend) => {
  test('timers, immediates, files, fetch and promises go on while a wait is armed', () =>
    onLoop(backend, async ({ loop }) => {
      const done: string[] = []
      const note = (what: string) => () => {
        done.push(what)
      }
      const server = createHttpServer((_request, response) => response.end('over http')).listen(0, '127.0.0.1')
      await loop.wrap(once(server, 'listening'))
      const { port } = server.address() as AddressInfo
      const all = Promise.all([
        new Promise((resolve) => setTimeout(resolve, 1)).then(note('timer')),
        new Promise((resolve) => setImmediate(resolve)).then(note('immediate')),
        readFile(new URL(import.meta.url)).then(note('file')),
        fetch(`http://127.0.0.1:${port}/`).then(async (response) => {
          done.push(await response.text())
        }),
      ])
      await loop.wrap(all)
      expect(done.sort()).toEqual(['file', 'immediate', 'over http', 'timer'])
      const closed = once(server, 'close')
      server.closeAllConnections()
      server.close()
      await loop.wrap(closed)
    }))

  test('what timers and promises of Node write is sent', () =>
    onLoop(backend, async (subject) => {
      const { near, far } = await connectedPair(subject)
      setTimeout(() => near.connection.write(Buffer.from('timer ')), 1)
      await far.whenReceived(6)
      setImmediate(() => near.connection.write(Buffer.from('immediate ')))
      await far.whenReceived(16)
      void Promise.resolve().then(() => near.connection.write(Buffer.from('promise')))
      await far.whenReceived(23)
      expect(far.bytes.toString()).toBe('timer immediate promise')
      near.connection.close()
      far.connection.close()
      await near.whenClosed
      await far.whenClosed
    }))

  test('what a handler schedules runs in the next turn, and what its promises write leaves with it', () =>
    onLoop(backend, async (subject) => {
      const { near, far } = await connectedPair(subject)
      const order: string[] = []
      far.connection.handler = {
        data() {
          order.push('data')
          subject.loop.callSoon(() => order.push('callSoon'))
          void Promise.resolve().then(() => {
            order.push('promise')
            far.connection.write(Buffer.from('answer'))
          })
        },
        eof() {},
        closed: (error) => {
          far.closed(error)
        },
      }
      near.connection.write(Buffer.from('x'))
      await near.whenReceived(6)
      expect(order).toEqual(['data', 'promise', 'callSoon'])
      near.connection.close()
      far.connection.close()
      await near.whenClosed
      await far.whenClosed
    }))

  test('two loops on one thread do not see each other', () =>
    onLoop(backend, (first) =>
      onLoop(backend, async (second) => {
        expect([first.streams.open(), second.streams.open()]).toEqual([[], []])
        const { near, far } = await connectedPair(second)
        expect([first.streams.open().length, second.streams.open().length]).toEqual([0, 2])
        near.connection.close()
        far.connection.close()
        await near.whenClosed
        await far.whenClosed
        await sleep(0)
      }),
    ))
})
