import type { EventLoop } from '@loop/core'
import { NotSupportedError } from '@loop/core'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { expect, test } from 'vitest'
import { createConnection, createServer } from '../src/index.ts'
import { openConnection, startServer } from '../src/streams/index.ts'
import { collectErrors, onEachFamily, onLoop, Recording } from './support.ts'

// Made for these tests: openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 36500 -nodes
// -subj /CN=localhost -addext subjectAltName=DNS:localhost
const key = readFileSync(new URL('./tls/key.pem', import.meta.url))
const cert = readFileSync(new URL('./tls/cert.pem', import.meta.url))
const place = { host: 'localhost', port: 0, tls: { key, cert } }

onEachFamily('TLS', (family) => {
  const check = (name: string, body: (loop: EventLoop) => Promise<void>): void => {
    test(name, () => onLoop(family, body))
  }

  check('carries the same protocols, whatever the selector', async (loop) => {
    const seen = new Recording(loop, { dataReceived: (bytes) => { seen.transport.write(bytes) } })
    const server = await createServer(() => seen, place)
    const [transport, client] = await createConnection(() => new Recording(loop), { host: 'localhost', port: server.port, tls: { ca: cert } })
    transport.write(Buffer.from('secret'))
    await client.until(() => client.received === 'secret')
    expect(transport.getExtraInfo('cipher')?.name).toMatch(/^TLS_/)
    expect(transport.getExtraInfo('peercert')?.subject.CN).toBe('localhost')
    expect(transport.canWriteEof()).toBe(false)
    expect(() => { transport.writeEof() }).toThrow(NotSupportedError)
    transport.close()
    await client.lost()
    await seen.lost()
    server.close()
    await server.waitClosed()
    expect(client.events).toEqual(['made', ['data', 'secret'], ['lost', null]])
    expect(seen.events).toEqual(['made', ['data', 'secret'], 'eof', ['lost', null]])
  })

  check('carries large writes with back-pressure', async () => {
    const size = 4 * 1024 * 1024
    const server = await startServer(async (reader, writer) => {
      await reader.readExactly(1)
      for (let sent = 0; sent < size; sent += 65536) {
        writer.write(Buffer.alloc(65536, 't'))
        await writer.drain()
      }
      writer.close()
    }, place)
    const [reader, writer] = await openConnection({ host: 'localhost', port: server.port, tls: { ca: cert } })
    writer.write(Buffer.from('!'))
    expect((await reader.read()).length).toBe(size)
    writer.close()
    await writer.waitClosed()
    server.close()
    await server.waitClosed()
  })

  check('a certificate that is not trusted fails the connection', async (loop) => {
    const errors = collectErrors(loop)
    const server = await createServer(() => new Recording(loop), place)
    const failed = Promise.resolve(createConnection(() => new Recording(loop), { host: 'localhost', port: server.port, tls: true }))
    await expect(failed).rejects.toThrow(/self.signed/)
    server.close()
    await server.waitClosed()
    expect(errors.filter(({ message }) => !/handshake/.test(message))).toEqual([])
  })

  check('a peer that does not speak TLS is reported, and harms nobody', async (loop) => {
    const errors = collectErrors(loop)
    const reported = loop.createFuture<void>()
    loop.setExceptionHandler((_loop, context) => {
      errors.push(context)
      if (!reported.done()) reported.setResult()
    })
    const seen = new Recording(loop, { connectionMade: (transport) => { transport.write(Buffer.from('welcome')) } })
    const server = await createServer(() => seen, place)
    net.connect(server.port, 'localhost').on('error', () => {}).end('plain text, not TLS at all\r\n\r\n')
    await reported
    const [transport, client] = await createConnection(() => new Recording(loop), { host: 'localhost', port: server.port, tls: { ca: cert } })
    await client.until(() => client.received === 'welcome')
    transport.close()
    await seen.lost()
    server.close()
    await server.waitClosed()
    expect(errors.map(({ message }) => message)).toEqual(['A TLS handshake failed; that connection was closed'])
  })

  check('is not asked of streams', async () => {
    expect(() => createServer(() => ({ dataReceived: () => {} }), { ...place, io: 'streams' })).toThrow(NotSupportedError)
    await Promise.resolve()
  })
})
