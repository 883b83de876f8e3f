import type { EventLoop } from '@loop/core'
import { EventLoop as Loop, NotSupportedError } from '@loop/core'
import { isSupported, NativeSelector } from '@loop/selector-native'
import { PollSelector } from '@loop/selector-poll'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { describe, expect, test } from 'vitest'
import type { TlsEngine } from '../src/index.ts'
import { createConnection, createServer } from '../src/index.ts'
import { openConnection, startServer } from '../src/streams/index.ts'
import { collectErrors, families, nameOf, onLoop, Recording, settle } from './support.ts'

const key = readFileSync(new URL('./tls/key.pem', import.meta.url))
const cert = readFileSync(new URL('./tls/cert.pem', import.meta.url))
const server = { host: '127.0.0.1', port: 0, tls: { key, cert } } as const
const client = { host: '127.0.0.1', tls: { ca: cert, servername: 'localhost' } } as const
const poll = { name: 'poll', makeLoop: () => new Loop({ selector: new PollSelector() }) }
const streams = families.filter(({ backend }) => backend !== undefined)

describe.each(streams)('TLS of the selector over $name', (family) => {
  const check = (name: string, body: (loop: EventLoop) => Promise<void>): void => {
    test(name, () => onLoop(family, body))
  }

  for (const [near, far] of [
    ['native', 'native'],
    ['native', 'node'],
    ['node', 'native'],
  ] as [TlsEngine, TlsEngine][]) {
    check(`a client on ${near} and a server on ${far} understand each other`, async (loop) => {
      const seen = new Recording(loop, {
        dataReceived: (bytes) => {
          seen.transport.write(bytes)
        },
      })
      const listening = await createServer(() => seen, { ...server, tlsEngine: far })
      const [transport, recording] = await createConnection(() => new Recording(loop), {
        ...client,
        port: listening.port,
        tlsEngine: near,
      })
      const bytes = Buffer.alloc(300_000, 'x')
      transport.write(bytes)
      await recording.until(() => recording.received.length === bytes.length)
      const names = (engine: TlsEngine): string => (engine === 'native' ? 'openssl-native' : 'node')
      expect([transport, seen.transport].map((end) => end.getExtraInfo('tlsEngine'))).toEqual([names(near), names(far)])
      expect(transport.getExtraInfo('cipher')).toEqual(seen.transport.getExtraInfo('cipher'))
      expect(transport.getExtraInfo('peercert')?.subject.CN).toBe('localhost')
      transport.close()
      await recording.lost()
      await seen.lost()
      listening.close()
      await listening.waitClosed()
      expect([recording.events.at(-1), seen.events.slice(-2)]).toEqual([
        ['lost', null],
        ['eof', ['lost', null]],
      ])
    })
  }

  check('a handshake that takes too long is ended, on either side', async (loop) => {
    const errors = collectErrors(loop)
    const listening = await createServer(() => new Recording(loop), {
      ...server,
      tls: { ...server.tls, handshakeTimeout: 20 },
      tlsEngine: 'native',
    })
    const silent = net.connect(listening.port, '127.0.0.1').resume()
    await loop.wrap(new Promise((resolve) => silent.once('close', resolve)))
    expect(errors.map(({ message, exception }) => [message, nameOf(exception)])).toEqual([
      ['A TLS handshake failed; that connection was closed', 'ERR_TLS_HANDSHAKE_TIMEOUT'],
    ])
    listening.close()
    await listening.waitClosed()

    const mute = net.createServer((socket) => {
      socket.on('error', () => {})
    })
    await loop.wrap(
      new Promise<void>((resolve) => {
        mute.listen(0, '127.0.0.1', resolve)
      }),
    )
    const { port } = mute.address() as net.AddressInfo
    const late = { ...client.tls, handshakeTimeout: 20 }
    await expect(
      Promise.resolve(createConnection(() => new Recording(loop), { ...client, tls: late, port, tlsEngine: 'native' })),
    ).rejects.toThrow(/too long/)
    mute.close()
  })

  check('a peer that never ends its session is left after the shutdown timeout', async (loop) => {
    const held: net.Socket[] = []
    const seen = new Recording(loop)
    const listening = await createServer(() => seen, { ...server, tlsEngine: 'native' })
    // A proxy that passes nothing on once it is switched off.
    let deaf = false
    const between = net.createServer({ allowHalfOpen: true }, (socket) => {
      const far = net.connect(listening.port, '127.0.0.1')
      held.push(socket, far)
      socket
        .on('data', (bytes) => {
          if (!deaf) far.write(bytes)
        })
        .on('error', () => {})
      far
        .on('data', (bytes) => {
          if (!deaf) socket.write(bytes)
        })
        .on('error', () => {})
    })
    await loop.wrap(
      new Promise<void>((resolve) => {
        between.listen(0, '127.0.0.1', resolve)
      }),
    )
    const { port } = between.address() as net.AddressInfo
    const [transport, recording] = await createConnection(() => new Recording(loop), {
      ...client,
      port,
      tls: { ...client.tls, shutdownTimeout: 20 } as object,
      tlsEngine: 'native',
    })
    await seen.until((events) => events.length > 0)
    deaf = true
    transport.close()
    await recording.lost()
    expect(recording.events).toEqual(['made', ['lost', 'ETIMEDOUT']])
    between.close()
    for (const socket of held) socket.destroy()
    await settle()
    listening.close()
    listening.abortClients()
    await listening.waitClosed()
  })

  check('a session is resumed with what an earlier connection gives', async () => {
    const listening = await startServer(
      async (reader, writer) => {
        writer.write(Buffer.from('x'))
        await reader.read()
        writer.close()
      },
      { ...server, tlsEngine: 'native' },
    )
    const reused: unknown[] = []
    let session: Buffer | undefined
    for (let round = 0; round < 2; round++) {
      const tls = { ...client.tls, ...(session === undefined ? {} : { session }) }
      const [reader, writer] = await openConnection({ ...client, tls, port: listening.port, tlsEngine: 'native' })
      await reader.readExactly(1)
      reused.push(writer.getExtraInfo('tlsSessionReused'))
      session = writer.getExtraInfo('tlsSession') as Buffer
      writer.close()
      await writer.waitClosed()
    }
    listening.close()
    await listening.waitClosed()
    expect(reused).toEqual([false, true])
  })

  check('an option that is not valid fails the connection with its reason', async (loop) => {
    const errors = collectErrors(loop)
    const listening = await createServer(() => new Recording(loop), { ...server, tlsEngine: 'native' })
    const bad = { ...client.tls, session: Buffer.from('no session at all') }
    await expect(
      Promise.resolve(
        createConnection(() => new Recording(loop), { ...client, tls: bad, port: listening.port, tlsEngine: 'native' }),
      ),
    ).rejects.toThrow(/session/)
    listening.close()
    await listening.waitClosed()
    await settle()
    expect(errors.length).toBeLessThanOrEqual(1)
  })

  check("'auto' leaves to node:tls what is its own, and 'native' refuses it by name", async (loop) => {
    const own = {
      ...server,
      tls: {
        ...server.tls,
        SNICallback: (_name: string, done: (error: null) => void) => {
          done(null)
        },
      },
    }
    expect(() => createServer(() => new Recording(loop), { ...own, tlsEngine: 'native' })).toThrow(
      'only node:tls has the option SNICallback',
    )
    const seen = new Recording(loop)
    const listening = await createServer(() => seen, { ...own, tlsEngine: 'auto' })
    const [transport, recording] = await createConnection(() => new Recording(loop), {
      ...client,
      port: listening.port,
      tlsEngine: 'auto',
    })
    await seen.until(() => seen.events.length > 0)
    expect([transport.getExtraInfo('tlsEngine'), seen.transport.getExtraInfo('tlsEngine')]).toEqual([
      'openssl-native',
      'node',
    ])
    transport.close()
    await recording.lost()
    listening.close()
    await listening.waitClosed()
  })

  check("io and tlsEngine must not contradict each other, and 'auto' is the default", async (loop) => {
    const make = (more: object) => (): unknown => createServer(() => new Recording(loop), { ...server, ...more })
    expect(make({ io: 'node', tlsEngine: 'native' })).toThrow(NotSupportedError)
    expect(make({ io: 'streams', tlsEngine: 'node' })).toThrow(NotSupportedError)
    expect(make({ tlsEngine: 'openssl' })).toThrow(/^tlsEngine is 'auto', 'native' or 'node', not .*openssl/)
    const listening = await createServer(() => new Recording(loop), { ...server, io: 'streams' })
    const [transport, recording] = await createConnection(() => new Recording(loop), {
      ...client,
      port: listening.port,
    })
    expect(transport.getExtraInfo('tlsEngine')).toBe('openssl-native')
    transport.close()
    await recording.lost()
    listening.close()
    await listening.waitClosed()
  })
})

test('a selector without streams has no TLS of its own', () =>
  onLoop(poll, async (loop) => {
    expect(() => createServer(() => new Recording(loop), { ...server, tlsEngine: 'native' })).toThrow(
      'the poll selector has none',
    )
    const listening = await createServer(() => new Recording(loop), { ...server, tlsEngine: 'auto' })
    listening.close()
    await listening.waitClosed()
  }))

test.runIf(isSupported().supported)('a loop may be closed in the middle of a handshake', async () => {
  const loop = new Loop({ selector: new NativeSelector() })
  const socket = new net.Socket()
  await loop.runUntilComplete(async () => {
    const listening = await createServer(() => new Recording(loop), { ...server, tlsEngine: 'native' })
    socket.on('error', () => {}).connect(listening.port, '127.0.0.1')
    await loop.wrap(new Promise((resolve) => socket.once('connect', resolve)))
    await settle()
    listening.close()
  })
  loop.close()
  socket.destroy()
  expect(loop.isClosed()).toBe(true)
})
