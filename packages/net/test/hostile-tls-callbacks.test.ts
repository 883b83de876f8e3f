import type { EventLoop } from '@loop/core'
import type { ConnectionOptions, TlsOptions } from 'node:tls'
import { expect, test } from 'vitest'
import { openConnection, startServer } from '../src/streams/index.ts'
import { cert, collectErrors, key, onEachTls, onLoop } from './support.ts'

const boom = (): never => {
  throw new Error('boom')
}

onEachTls('callbacks of TLS that fail', (family, tlsEngine) => {
  /** Connects once with the options, and once with none that fail: what the client and the server have to say. */
  const meet = async (
    loop: EventLoop,
    ofServer: TlsOptions,
    ofClient: ConnectionOptions,
  ): Promise<{ client: string; server: string }> => {
    const reports = collectErrors(loop)
    const plain = { key, cert }
    const server = await startServer(
      async (reader, writer) => {
        writer.write(await reader.readLine())
        writer.close()
      },
      { host: '127.0.0.1', port: 0, tls: { ...plain, ...ofServer }, tlsEngine },
    )
    let client = ''
    try {
      await openConnection({
        host: '127.0.0.1',
        port: server.port,
        tls: { ca: cert, servername: 'localhost', ...ofClient },
        tlsEngine,
      })
    } catch (error) {
      client = (error as Error).message
    }
    server.close()
    // The failed one is over, and nothing is left of it.
    await server.waitClosed()
    return { client, server: String((reports[0]?.exception as Error | undefined)?.message) }
  }

  test('a check of the name that throws is the error of the client', () =>
    onLoop(family, async (loop) => {
      const { client } = await meet(loop, {}, { checkServerIdentity: boom })
      expect(client).toMatch(/^boom/)
    }))

  test('a check of the name that gives something else than an Error refuses the server', () =>
    onLoop(family, async (loop) => {
      const { client } = await meet(loop, {}, { checkServerIdentity: () => 'not this one' as unknown as Error })
      expect(client).toMatch(/not this one/)
    }))

  test.skipIf(tlsEngine === 'native')('a choice of certificates that throws ends its handshake only', () =>
    onLoop(family, async (loop) => {
      const { client, server } = await meet(loop, { SNICallback: boom }, {})
      expect(client).not.toBe('')
      expect(server).toBe('boom')
    }),
  )

  test.skipIf(tlsEngine === 'native')('a choice of certificates that gives no context ends its handshake only', () =>
    onLoop(family, async (loop) => {
      const { client, server } = await meet(
        loop,
        {
          SNICallback(_name, done) {
            done(null, { nothing: 'of the kind' } as never)
          },
        },
        {},
      )
      expect(client).not.toBe('')
      expect(server).toMatch(/context/)
    }),
  )

  test.skipIf(tlsEngine === 'native')('a choice of protocols that throws ends its handshake only', () =>
    onLoop(family, async (loop) => {
      const { client, server } = await meet(loop, { ALPNCallback: boom }, { ALPNProtocols: ['one'] })
      expect(client).not.toBe('')
      expect(server).toBe('boom')
    }),
  )

  test.skipIf(tlsEngine === 'native')('keys that are shared before: those of either side may throw', () =>
    onLoop(family, async (loop) => {
      const common = { ciphers: 'PSK', maxVersion: 'TLSv1.2' } as const
      const psk = Buffer.alloc(16, 1)
      const known = { ...common, checkServerIdentity: () => undefined }
      const first = await meet(
        loop,
        { ...common, pskCallback: boom },
        { ...known, pskCallback: () => ({ psk, identity: 'us' }) },
      )
      expect(first.server).toBe('boom')
      const second = await meet(loop, { ...common, pskCallback: () => psk }, { ...known, pskCallback: boom })
      expect(second.client).toMatch(/^boom/)
    }),
  )
})
