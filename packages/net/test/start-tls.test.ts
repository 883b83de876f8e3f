import type { EventLoop } from '@loop/core'
import { InvalidStateError, sleep } from '@loop/core'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { Duplex } from 'node:stream'
import { text as allOf } from 'node:stream/consumers'
import tls from 'node:tls'
import { expect, test } from 'vitest'
import type { StartTlsOptions } from '../src/index.ts'
import { createConnection, createServer, TransportClosedError } from '../src/index.ts'
import { openConnection, startServer } from '../src/streams/index.ts'
import { cert, collectErrors, key, nameOf, onEachTls, onLoop, Recording } from './support.ts'

const text = (value: string): Buffer => Buffer.from(value)

onEachTls('beginning TLS on a connection', (family, tlsEngine) => {
  const identity = { key, cert, tlsEngine } as const
  const trusted = { ca: cert, servername: 'localhost', tlsEngine } as const
  const check = (name: string, body: (loop: EventLoop) => Promise<void>): void => {
    test(name, () => onLoop(family, body))
  }

  /** A server that speaks plain text line by line until STARTTLS comes. */
  const serve = (seen: string[], options: StartTlsOptions = identity) =>
    startServer(
      async (reader, writer) => {
        writer.write(text('220 ready\n'))
        for await (const line of reader.lines()) {
          const command = line.toString().trim()
          seen.push(command)
          if (command === 'BIG') writer.write(Buffer.alloc(2_000_000, 'p'))
          if (command === 'STARTTLS' || command === 'BIG') {
            if (command === 'STARTTLS') writer.write(text('220 go ahead\n'))
            await writer.startTls(options)
            writer.write(text('secure\n'))
          } else writer.write(text(`250 ${command}\n`))
        }
        writer.close()
      },
      { host: '127.0.0.1', port: 0 },
    )

  check('both sides of streams go on in secret', async () => {
    const seen: string[] = []
    const server = await serve(seen)
    const [reader, writer] = await openConnection({ host: '127.0.0.1', port: server.port })
    expect((await reader.readLine()).toString()).toBe('220 ready\n')
    writer.write(text('STARTTLS\n'))
    expect((await reader.readLine()).toString()).toBe('220 go ahead\n')
    const peername = writer.getExtraInfo('peername')
    await writer.startTls(trusted)
    expect((await reader.readLine()).toString()).toBe('secure\n')
    expect(writer.getExtraInfo('cipher')?.name).toMatch(/^TLS_/)
    expect(writer.getExtraInfo('tlsEngine')).toBe(tlsEngine === 'node' ? 'node' : 'openssl-native')
    expect(writer.getExtraInfo('peercert')?.subject.CN).toBe('localhost')
    expect(writer.getExtraInfo('peername')).toEqual(peername)
    writer.write(text('one\n'))
    expect((await reader.readLine()).toString()).toBe('250 one\n')
    expect(() => writer.transport.startTls(trusted)).toThrow(InvalidStateError)
    writer.close()
    await writer.waitClosed()
    server.close()
    await server.waitClosed()
    expect(seen).toEqual(['STARTTLS', 'one'])
  })

  check('a session begun so can be half-closed: the answer to everything comes after the peer’s end', async () => {
    const server = await startServer(
      async (reader, writer) => {
        await reader.readLine()
        await writer.startTls(identity)
        const all = await reader.read()
        await sleep(5)
        writer.write(text(`${all.length} bytes`))
        await writer.drain()
        writer.close()
      },
      { host: '127.0.0.1', port: 0 },
    )
    const [reader, writer] = await openConnection({ host: '127.0.0.1', port: server.port })
    writer.write(text('STARTTLS\n'))
    await writer.startTls(trusted)
    writer.write(Buffer.alloc(100_000))
    writer.writeEof()
    expect((await reader.read()).toString()).toBe('100000 bytes')
    writer.close()
    await writer.waitClosed()
    server.close()
    await server.waitClosed()
  })

  check('a command behind STARTTLS, in plain text, is no command', async (loop) => {
    const errors = collectErrors(loop)
    const seen: string[] = []
    const server = await serve(seen)
    const peer = net
      .connect(server.port, '127.0.0.1')
      .on('error', () => {})
      .resume()
    const closed = loop.wrap(
      new Promise<void>((resolve) =>
        peer.on('close', () => {
          resolve()
        }),
      ),
    )
    peer.write('STARTTLS\nMAIL FROM:<somebody else>\n')
    await closed
    server.close()
    await server.waitClosed()
    expect(seen).toEqual(['STARTTLS'])
    expect(errors).toHaveLength(1)
  })

  check('a handshake that begins in the same segment as the command is heard', async (loop) => {
    const seen: string[] = []
    const server = await serve(seen)
    const raw = net.connect(server.port, '127.0.0.1').on('error', () => {})
    let held: Buffer | null = text('STARTTLS\n')
    let greeting = '220 ready\n220 go ahead\n'.length
    const between = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        raw.write(held === null ? chunk : Buffer.concat([held, chunk]))
        held = null
        done()
      },
      final(done) {
        raw.end()
        done()
      },
    })
    raw
      .on('data', (bytes: Buffer) => {
        const plain = Math.min(greeting, bytes.length)
        greeting -= plain
        if (bytes.length > plain) between.push(bytes.subarray(plain))
      })
      .on('end', () => between.push(null))
    const secure = tls.connect({ socket: between, ...trusted })
    const [first] = (await loop.wrap(once(secure, 'data'))) as [Buffer]
    expect(first.toString()).toBe('secure\n')
    secure.end()
    server.close()
    await server.waitClosed()
    expect(seen).toEqual(['STARTTLS'])
  })

  check('what was written before leaves in plain text first, also to a slow peer', async (loop) => {
    const seen: string[] = []
    const server = await serve(seen)
    const raw = net.connect(server.port, '127.0.0.1').on('error', () => {})
    raw.write('BIG\n')
    await loop.wrap(once(raw, 'readable'))
    const greeting = '220 ready\n'.length
    let plain = 0
    while (plain < greeting + 2_000_000) {
      const bytes = raw.read(Math.min(raw.readableLength, greeting + 2_000_000 - plain) || undefined) as Buffer | null
      if (bytes === null) await loop.wrap(once(raw, 'readable'))
      else {
        plain += bytes.length
        expect(bytes.every((byte) => byte === 0x70 || plain <= 65_536)).toBe(true)
      }
    }
    const secure = tls.connect({ socket: raw, ...trusted })
    const [first] = (await loop.wrap(once(secure, 'data'))) as [Buffer]
    expect(first.toString()).toBe('secure\n')
    secure.end()
    server.close()
    await server.waitClosed()
  })

  check('protocols of both kinds go on with the same transport', async (loop) => {
    const secured: Promise<void>[] = []
    const server = await createServer(
      () => {
        const memory = Buffer.alloc(5)
        let made: Recording['transport']
        return {
          connectionMade: (transport) => {
            made = transport
          },
          getBuffer: () => memory,
          bufferUpdated: (count) => {
            const bytes = memory.subarray(0, count)
            if (bytes.toString() === 'begin') {
              made.write(text('begun'))
              secured.push(Promise.resolve(made.startTls(identity)))
            } else made.write(bytes)
          },
        }
      },
      { host: '127.0.0.1', port: 0 },
    )
    const [transport, client] = await createConnection(() => new Recording(loop), {
      host: '127.0.0.1',
      port: server.port,
    })
    transport.write(text('begin'))
    await client.until(() => client.received === 'begun')
    const upgrade = transport.startTls(trusted)
    expect(() => {
      transport.write(text('too early'))
    }).toThrow(InvalidStateError)
    await upgrade
    await Promise.all(secured)
    transport.write(text('an echo in pieces of five'))
    await client.until(() => client.received === 'begunan echo in pieces of five')
    transport.close()
    await client.lost()
    server.close()
    await server.waitClosed()
  })

  check('a handshake that fails, or takes too long, is thrown and ends the connection', async (loop) => {
    collectErrors(loop)
    const server = await createServer(() => ({ dataReceived: () => {} }), { host: '127.0.0.1', port: 0 })
    const [silent, first] = await createConnection(() => new Recording(loop), { host: '127.0.0.1', port: server.port })
    await expect(Promise.resolve(silent.startTls({ ...trusted, handshakeTimeout: 30 }))).rejects.toMatchObject({
      code: 'ETIMEDOUT',
    })
    await first.lost()
    expect(first.events).toEqual(['made', ['lost', 'ETIMEDOUT']])
    const talking = await startServer(
      async (reader, writer) => {
        await reader.readLine()
        await Promise.resolve(writer.startTls(identity)).catch(() => {})
      },
      { host: '127.0.0.1', port: 0 },
    )
    const [distrustful, second] = await createConnection(() => new Recording(loop), {
      host: '127.0.0.1',
      port: talking.port,
    })
    distrustful.write(text('begin\n'))
    await expect(Promise.resolve(distrustful.startTls({ tlsEngine }))).rejects.toThrow(/self.signed/)
    await second.lost()
    for (const one of [server, talking]) {
      one.close()
      one.abortClients()
      await one.waitClosed()
    }
  })

  check('closing before the handshake is done ends it', async (loop) => {
    const server = await createServer(() => ({ dataReceived: () => {} }), { host: '127.0.0.1', port: 0 })
    const [transport, client] = await createConnection(() => new Recording(loop), {
      host: '127.0.0.1',
      port: server.port,
    })
    const upgrade = Promise.resolve(transport.startTls(trusted)).catch(nameOf)
    transport.close()
    expect(await upgrade).toBe('ConnectionLostError')
    await client.lost()
    expect(client.events).toEqual(['made', ['lost', null]])
    expect(() => transport.startTls(trusted)).toThrow(TransportClosedError)
    server.close()
    await server.waitClosed()
  })

  check('openssl says STARTTLS as to a mail server', async (loop) => {
    const server = await startServer(
      async (reader, writer) => {
        writer.write(text('220 mail\r\n'))
        for await (const line of reader.lines()) {
          const command = line.toString().trim()
          if (command.startsWith('EHLO')) writer.write(text('250-mail\r\n250 STARTTLS\r\n'))
          else if (command === 'STARTTLS') {
            writer.write(text('220 go ahead\r\n'))
            await writer.startTls(identity)
          } else {
            writer.write(text(`221 ${command}\r\n`))
            break
          }
        }
        writer.close()
      },
      { host: '127.0.0.1', port: 0 },
    )
    const client = spawn(
      'openssl',
      ['s_client', '-starttls', 'smtp', '-connect', `127.0.0.1:${server.port}`, '-quiet', '-crlf'],
      { stdio: ['pipe', 'pipe', 'ignore'] },
    )
    const missing = await loop.wrap(
      Promise.race([once(client, 'error').then(() => true), once(client, 'spawn').then(() => false)]),
    )
    if (!missing) {
      client.stdin.write('NOOP\n')
      expect(await loop.wrap(allOf(client.stdout))).toContain('221 NOOP')
    }
    server.close()
    await server.waitClosed()
  })
})
