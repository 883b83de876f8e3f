import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NativeConnection } from '../src/streams/connection.ts'
import { describe, expect, test } from 'vitest'
import { EventLoop } from '@loop/core'
import { NativeSelector } from '../src/index.ts'
import { backends, connectedPair, onLoop, pattern, portOf, Probe } from './support.ts'

describe.each(backends)('the life of a connection on %s', (backend) => {
  test('half-close: the peer reads the end and goes on writing', () =>
    onLoop(backend, async (subject) => {
      const { near, far } = await connectedPair(subject)
      near.connection.write(Buffer.from('question'))
      near.connection.end()
      await far.whenEof
      expect(far.bytes.toString()).toBe('question')
      far.connection.write(Buffer.from('a long answer'))
      far.connection.close()
      await near.whenEof
      near.connection.close()
      await near.whenClosed
      expect(near.bytes.toString()).toBe('a long answer')
      expect([near.events, far.events]).toEqual([
        ['connected', 'data', 'eof', 'closed'],
        ['data', 'eof', 'closed'],
      ])
    }))

  test('close sends what was written before it', () =>
    onLoop(backend, async (subject) => {
      const { near, far } = await connectedPair(subject)
      const bytes = pattern(6 << 20)
      expect(near.connection.write(bytes)).toBe(false)
      near.connection.close()
      expect(near.connection.state).toBe('closing')
      await far.whenEof
      expect(far.bytes.equals(bytes)).toBe(true)
      far.connection.close()
      await near.whenClosed
      await far.whenClosed
      expect([near.events, far.events]).toEqual([
        ['connected', 'closed'],
        ['data', 'eof', 'closed'],
      ])
    }))

  test('abort drops what was written, and its reason is reported', () =>
    onLoop(backend, async (subject) => {
      const { near, far } = await connectedPair(subject)
      near.connection.write(pattern(1000))
      near.connection.abort(new Error('enough'))
      await near.whenClosed
      await far.whenEof
      expect(far.bytes.length).toBe(0)
      far.connection.close()
      await far.whenClosed
      expect([near.events, far.events]).toEqual([
        ['connected', 'closed enough'],
        ['eof', 'closed'],
      ])
    }))

  test('nothing is reported after close but the end', () =>
    onLoop(backend, async (subject) => {
      const near: Probe = new Probe(subject.loop, {
        data: () => {
          near.connection.close()
        },
      })
      const { far } = await connectedPair(subject, near)
      far.connection.write(Buffer.from('one'))
      await near.whenClosed
      await far.whenEof
      far.connection.write(Buffer.from('two'))
      far.connection.close()
      await far.whenClosed
      expect(near.events).toEqual(['connected', 'data', 'closed'])
      expect(near.bytes.toString()).toBe('one')
    }))

  test('a reset by the peer is reported as ECONNRESET, and writing on is harmless', () =>
    onLoop(backend, async ({ loop, streams }) => {
      const accepted = loop.createFuture<Probe>()
      const listener = streams.listen(
        { host: '127.0.0.1' },
        {
          accepted(connection) {
            const probe = new Probe(loop)
            probe.connection = connection
            accepted.setResult(probe)
            return probe
          },
        },
      )
      const socket = connect(portOf(listener), '127.0.0.1')
      const probe = await accepted
      socket.write('hello')
      await probe.whenReceived(5)
      socket.resetAndDestroy()
      await probe.whenClosed
      expect(probe.events).toEqual(['data', 'closed ECONNRESET'])
      expect(probe.error).toMatchObject({ name: 'SystemError', code: 'ECONNRESET', syscall: 'read' })
      expect(Object.keys(probe.error!)).toEqual(['code', 'errno', 'syscall'])
      expect(probe.connection.write(Buffer.from('late'))).toBe(false)
      expect([probe.connection.state, probe.connection.fd, probe.connection.pending]).toEqual(['closed', -1, 0])
      listener.close()
    }))

  test('a reset while bytes wait to be sent is reported once', () =>
    onLoop(backend, async (subject) => {
      const { loop, streams } = subject
      const accepted = loop.createFuture<Probe>()
      const listener = streams.listen(
        { host: '127.0.0.1' },
        {
          accepted(connection) {
            const probe = new Probe(loop)
            probe.connection = connection
            connection.write(pattern(8 << 20))
            accepted.setResult(probe)
            return probe
          },
        },
      )
      const socket = connect(portOf(listener), '127.0.0.1')
      socket.on('error', () => {})
      socket.pause()
      const probe = await accepted
      expect(probe.connection.pending).toBeGreaterThan(0)
      socket.resetAndDestroy()
      await probe.whenClosed
      expect(probe.events).toHaveLength(1)
      expect(probe.events[0]).toMatch(/closed (ECONNRESET|EPIPE)/)
      listener.close()
    }))

  test('a refused connection is reported as ECONNREFUSED', () =>
    onLoop(backend, async ({ loop, streams }) => {
      const unused = streams.listen({ host: '127.0.0.1' }, { accepted: () => new Probe(loop) })
      const port = portOf(unused)
      unused.close()
      const probe = new Probe(loop)
      probe.connection = streams.connect({ host: '127.0.0.1', port }, probe)
      probe.connection.write(Buffer.from('lost'))
      expect(probe.connection.state).toBe('connecting')
      await probe.whenClosed
      expect(probe.events).toEqual(['closed ECONNREFUSED'])
      expect(probe.error).toMatchObject({ syscall: 'connect', address: '127.0.0.1', port })
      expect(probe.error!.message).toContain(`127.0.0.1:${port}`)
    }))

  test('a connection that is closed while it connects', () =>
    onLoop(backend, async ({ loop, streams }) => {
      const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
      await loop.wrap(once(server, 'listening'))
      const probe = new Probe(loop)
      probe.connection = streams.connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }, probe)
      probe.connection.close()
      await probe.whenClosed
      expect(probe.events).toEqual(['closed'])
      server.close()
    }))

  test('addresses, and what introspection shows', () =>
    onLoop(backend, async (subject) => {
      const { near, far } = await connectedPair(subject)
      expect(near.connection.remoteAddress).toEqual(far.connection.localAddress)
      expect(far.connection.remoteAddress).toEqual(near.connection.localAddress)
      expect(near.connection.localAddress).toMatchObject({ family: 'IPv4', address: '127.0.0.1' })
      const open = subject.streams.open().map(({ kind, fd, pending }) => ({ kind, fd, pending }))
      expect(open.sort((a, b) => a.fd - b.fd)).toEqual(
        [near, far]
          .map(({ connection: { fd } }) => ({ kind: 'connection', fd, pending: 0 }))
          .sort((a, b) => a.fd - b.fd),
      )
      near.connection.setNoDelay(false)
      near.connection.setKeepAlive(true, 30)
      const { connection } = near as unknown as { connection: NativeConnection }
      connection.timeToLive(9)
      expect(connection.timeToLive()).toBe(9)
      expect([30_000, 60_000]).toContain(connection.sendBufferSize(30_000))
      expect([20_000, 40_000]).toContain(connection.receiveBufferSize(20_000))
      expect(() => connection.timeToLive(0)).toThrow('ttl is a whole number from 1 to 255, got 0')
      near.connection.close()
      far.connection.close()
      await near.whenClosed
      await far.whenClosed
      expect(near.connection.remoteAddress).toMatchObject({ address: '127.0.0.1' })
    }))

  test.each(['::1', '127.0.0.1'])('addresses at %s that nobody asked for are known after the connection', (host) =>
    onLoop(backend, async (subject) => {
      const { loop, streams } = subject
      const far: Probe = new Probe(loop, {
        eof: () => {
          far.connection.close()
        },
      })
      const near = new Probe(loop)
      const listener = streams.listen(
        { host },
        {
          accepted(connection) {
            far.connection = connection
            return far
          },
        },
      )
      near.connection = streams.connect({ host, port: portOf(listener) }, near)
      await near.whenConnected
      near.connection.abort()
      await near.whenClosed
      await far.whenClosed
      listener.close()
      // Slots are given out again: what is kept is not theirs.
      const { near: other, far: another } = await connectedPair(subject)
      expect(near.connection.remoteAddress).toEqual(listener.address)
      expect(far.connection.localAddress).toEqual(listener.address)
      expect(near.connection.localAddress).toMatchObject({ address: host, port: expect.any(Number) as number })
      expect(far.connection.remoteAddress).toEqual(near.connection.localAddress)
      expect(far.connection.remoteAddress).toBe(far.connection.remoteAddress)
      other.connection.close()
      another.connection.close()
      await other.whenClosed
      await another.whenClosed
    }),
  )

  test('the peer of a unix socket is known after it is gone: a path, or that it has none', () =>
    onLoop(backend, async (subject) => {
      const folder = mkdtempSync(join(tmpdir(), 'loop-native-'))
      const path = join(folder, 'socket')
      const { near, far } = await connectedPair(subject, undefined, path)
      near.connection.abort()
      await near.whenClosed
      await far.whenEof
      far.connection.abort()
      await far.whenClosed
      rmSync(folder, { recursive: true })
      expect(near.connection.remoteAddress).toEqual({ family: 'unix', path })
      expect(far.connection.remoteAddress).toEqual({ family: 'unix', path: '' })
      expect(far.connection.localAddress).toEqual({ family: 'unix', path })
      expect(near.connection.localAddress).toEqual({ family: 'unix', path: '' })
    }))

  test('a selector that is closed closes its sockets and calls nobody', async () => {
    const selector = new NativeSelector({ backend })
    const loop = new EventLoop({ selector })
    const calls: string[] = []
    const probe = new Probe(loop, { closed: () => calls.push('closed') })
    const { listener, socket } = await loop.runUntilComplete(async () => {
      const accepted = loop.createFuture<void>()
      const listening = selector.streams.listen(
        { host: '127.0.0.1' },
        {
          accepted(connection) {
            probe.connection = connection
            accepted.setResult(undefined)
            return probe
          },
        },
      )
      const peer = connect(portOf(listening), '127.0.0.1').resume()
      await accepted
      return { listener: listening, socket: peer }
    })
    const ended = once(socket, 'end')
    selector.close()
    await ended
    expect([probe.connection.state, probe.connection.fd, listener.fd]).toEqual(['closed', -1, -1])
    expect(probe.connection.write(Buffer.from('x'))).toBe(false)
    expect(calls).toEqual([])
    expect(() => selector.streams.listen({ port: 0 }, { accepted: () => probe })).toThrow('the selector is closed')
    socket.destroy()
  })
})
