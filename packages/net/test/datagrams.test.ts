import type { EventLoop } from '@loop/core'
import type { SocketAddress } from '@loop/core/lowlevel'
import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import type { DatagramProtocol, DatagramTransport } from '../src/index.ts'
import { AddressError, AddressInUseError, createDatagramEndpoint, TransportClosedError } from '../src/index.ts'
import { collectErrors, nameOf, onEachFamily, onLoop } from './support.ts'

/** Records its calls; `arrived(n)` waits for the n-th datagram. */
class Mailbox implements DatagramProtocol {
  transport!: DatagramTransport
  readonly events: unknown[] = []
  private change: (() => void) | null = null

  constructor(
    private readonly loop: EventLoop,
    private readonly answer: ((bytes: Buffer, from: SocketAddress) => void) | null = null,
  ) {}

  connectionMade(transport: DatagramTransport): void {
    this.transport = transport
    this.note('made')
  }

  datagramReceived(bytes: Buffer, from: SocketAddress): void {
    this.note(bytes.toString())
    this.answer?.(bytes, from)
  }

  errorReceived(error: Error): void {
    this.note(['error', nameOf(error)])
  }

  connectionLost(error: Error | undefined): void {
    this.note(['lost', nameOf(error)])
  }

  async until(count: number): Promise<void> {
    while (this.events.length < count) {
      const future = this.loop.createFuture<void>()
      this.change = () => {
        future.setResult()
      }
      await future
    }
  }

  private note(event: unknown): void {
    this.events.push(event)
    const { change } = this
    this.change = null
    change?.()
  }
}

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1') === true)

const LOCAL = { host: '127.0.0.1', port: 0 }

function placeOf(transport: DatagramTransport): { host: string; port: number } {
  const address = transport.getExtraInfo('sockname')!
  if (address.family === 'unix') throw new Error('not an IP socket')
  return { host: address.address, port: address.port }
}

onEachFamily('a datagram endpoint', (family) => {
  const check = (name: string, body: (loop: EventLoop) => Promise<void>): void => {
    test(name, () => onLoop(family, body))
  }

  check('sends, answers, and closes once', async (loop) => {
    const [server, echo] = await createDatagramEndpoint(
      () => {
        const mailbox: Mailbox = new Mailbox(loop, (bytes, from) => {
          if (from.family !== 'unix') mailbox.transport.sendTo(bytes, { host: from.address, port: from.port })
        })
        return mailbox
      },
      { localAddress: LOCAL },
    )
    expect(echo.events).toEqual(['made'])
    const [client, mailbox] = await createDatagramEndpoint(() => new Mailbox(loop), { remoteAddress: placeOf(server) })
    expect(client.getExtraInfo('peername')).toMatchObject({ address: '127.0.0.1', port: placeOf(server).port })
    client.sendTo(Buffer.from('one'))
    await mailbox.until(2)
    client.sendTo(Buffer.from('two'), placeOf(server))
    await mailbox.until(3)
    client.sendTo(Buffer.alloc(0))
    await mailbox.until(4)
    client.close()
    client.close()
    server.abort()
    await mailbox.until(5)
    await echo.until(5)
    expect(mailbox.events).toEqual(['made', 'one', 'two', '', ['lost', null]])
    expect(echo.events).toEqual(['made', 'one', 'two', '', ['lost', null]])
    expect(() => {
      client.sendTo(Buffer.from('x'))
    }).toThrow(TransportClosedError)
  })

  check('memory may be reused after sendTo', async (loop) => {
    const [server, mailbox] = await createDatagramEndpoint(() => new Mailbox(loop), { localAddress: LOCAL })
    const [client] = await createDatagramEndpoint(() => new Mailbox(loop))
    const bytes = Buffer.from('safe')
    client.sendTo(bytes, placeOf(server))
    bytes.fill('?')
    await mailbox.until(2)
    expect(mailbox.events).toEqual(['made', 'safe'])
    client.close()
    server.close()
    await mailbox.until(3)
  })

  check('a failed send is reported, and the socket goes on', async (loop) => {
    const [gone, goneBox] = await createDatagramEndpoint(() => new Mailbox(loop), { localAddress: LOCAL })
    const place = placeOf(gone)
    gone.close()
    await goneBox.until(2)
    const [client, mailbox] = await createDatagramEndpoint(() => new Mailbox(loop), { remoteAddress: place })
    client.sendTo(Buffer.from('nobody there'))
    await mailbox.until(2)
    expect(mailbox.events).toEqual(['made', ['error', 'ECONNREFUSED']])
    const [large, largeBox] = await createDatagramEndpoint(() => new Mailbox(loop))
    large.sendTo(Buffer.alloc(70_000), place)
    await largeBox.until(2)
    expect(largeBox.events).toEqual(['made', ['error', 'EMSGSIZE']])
    client.close()
    large.close()
    await mailbox.until(3)
    await largeBox.until(3)
  })

  check('addresses that cannot be are refused by name', async (loop) => {
    const [server, serverBox] = await createDatagramEndpoint(() => new Mailbox(loop), { localAddress: LOCAL })
    expect(() => {
      server.sendTo(Buffer.from('x'))
    }).toThrow(AddressError)
    expect(() => {
      server.sendTo(Buffer.from('x'), { host: 'localhost', port: 1 })
    }).toThrow(AddressError)
    expect(() => {
      server.sendTo(Buffer.from('x'), { host: '127.0.0.1', port: 70_000 })
    }).toThrow(AddressError)
    expect(() => {
      server.sendTo('x' as never, { host: '127.0.0.1', port: 1 })
    }).toThrow(TypeError)
    const taken = Promise.resolve(createDatagramEndpoint(() => new Mailbox(loop), { localAddress: placeOf(server) }))
    await expect(taken).rejects.toThrow(AddressInUseError)
    const [client, clientBox] = await createDatagramEndpoint(() => new Mailbox(loop), {
      remoteAddress: placeOf(server),
    })
    expect(() => {
      client.sendTo(Buffer.from('x'), { host: '127.0.0.1', port: 1 })
    }).toThrow(AddressError)
    expect(() => createDatagramEndpoint(() => new Mailbox(loop), { localAddress: { host: '', port: 1 } })).toThrow(
      AddressError,
    )
    server.close()
    client.close()
    await serverBox.until(2)
    await clientBox.until(2)
  })

  check('an exception in a protocol is reported and closes its socket', async (loop) => {
    const errors = collectErrors(loop)
    const [server, mailbox] = await createDatagramEndpoint(
      () =>
        new Mailbox(loop, () => {
          throw new Error('bug')
        }),
      { localAddress: LOCAL },
    )
    const [client, clientBox] = await createDatagramEndpoint(() => new Mailbox(loop), {
      remoteAddress: placeOf(server),
    })
    client.sendTo(Buffer.from('x'))
    await mailbox.until(3)
    expect(mailbox.events).toEqual(['made', 'x', ['lost', 'Error']])
    expect(errors.map(({ message }) => message)).toEqual([
      'Fatal error: protocol.datagramReceived() failed; its socket is closed',
    ])
    client.close()
    await clientBox.until(2)
    // Nobody can know in time: what is sent now is dropped, and reported once.
    for (let i = 0; i < 7; i++) server.sendTo(Buffer.from('late'), placeOf(client))
    expect(errors.slice(1).map(({ message }) => message)).toEqual([
      '5 datagrams of a socket that an exception had closed were dropped; stop sending at connectionLost, or ask isClosing()',
    ])
    server.close()
    expect(() => {
      server.sendTo(Buffer.from('late'), placeOf(client))
    }).toThrow(TransportClosedError)
  })

  test.skipIf(!hasIpv6)('a socket of both families sends to addresses of IPv4, too', () =>
    onLoop(family, async (loop) => {
      const [near, nearBox] = await createDatagramEndpoint(() => new Mailbox(loop), { localAddress: LOCAL })
      const [both, bothBox] = await createDatagramEndpoint(() => new Mailbox(loop), {
        localAddress: { host: '::', port: 0 },
      })
      both.sendTo(Buffer.from('hello'), placeOf(near))
      await nearBox.until(2)
      expect(nearBox.events).toEqual(['made', 'hello'])
      near.close()
      both.close()
      await nearBox.until(3)
      await bothBox.until(2)
      expect(bothBox.events).toEqual(['made', ['lost', null]])
    }),
  )

  check('the only peer may be a broadcast address where that is allowed', async (loop) => {
    const remoteAddress = { host: '255.255.255.255', port: 9 }
    const refused = Promise.resolve(createDatagramEndpoint(() => new Mailbox(loop), { remoteAddress }))
    expect(nameOf(await refused.catch((error: unknown) => error))).toBe('EACCES')
    const [transport, mailbox] = await createDatagramEndpoint(() => new Mailbox(loop), {
      remoteAddress,
      allowBroadcast: true,
    })
    transport.close()
    await mailbox.until(2)
    expect(mailbox.events).toEqual(['made', ['lost', null]])
  })
})
