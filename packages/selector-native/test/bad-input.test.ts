import { expect, test } from 'vitest'
import type { ConnectOptions, ListenOptions } from '@loop/core/lowlevel'
import type { NativeSelectorOptions } from '../src/index.ts'
import { NativeSelector } from '../src/index.ts'
import { backends, connectedPair, onLoop } from './support.ts'

const backend = backends[0]!
const handler = { accepted: () => ({ data() {}, eof() {}, closed() {} }) }

function withSelector(body: (selector: NativeSelector) => void): void {
  const selector = new NativeSelector({ backend })
  try {
    body(selector)
    expect(selector.streams.open()).toEqual([])
  } finally {
    selector.close()
  }
}

test.each<[ListenOptions, RegExp]>([
  [{ port: 65536 }, /a port is a whole number from 0 to 65535, got 65536/],
  [{ port: -1 }, /a port is a whole number/],
  [{ port: 1.5 }, /a port is a whole number/],
  [{ host: 'localhost' }, /numeric IPv4 or IPv6 address here, got "localhost"; resolve names first/],
  [{ path: '/tmp/x', port: 1 }, /either path, or host and port/],
  [{ path: '' }, /must not be empty/],
  [{ path: '/tmp/cut\0here' }, /has no zero byte inside, got "\/tmp\/cut\\u0000here"/],
  [{ path: `/${'x'.repeat(200)}` }, /ENAMETOOLONG/],
  [{ path: '/nowhere/at/all' }, /listen ENOENT: no such file or directory \/nowhere\/at\/all/],
  [{ host: '127.0.0.1', backlog: -1 }, /a backlog is a whole number from 0/],
  [{ host: '203.0.113.1' }, /EADDRNOTAVAIL.*203\.0\.113\.1:0/],
])('listen %j is refused by name', (options, message) => {
  withSelector(({ streams }) => {
    expect(() => streams.listen(options, handler)).toThrow(message)
  })
})

test.each<[ConnectOptions, RegExp]>([
  [{}, /needs a host and a port, or a path/],
  [{ host: '127.0.0.1' }, /a port from 1 to 65535/],
  [{ host: '127.0.0.1', port: 70000 }, /a port is a whole number/],
  [{ host: 'example.org', port: 80 }, /numeric IPv4 or IPv6/],
  [{ host: '127.0.0.1', port: 80, localAddress: 'eth0' }, /numeric IPv4 or IPv6/],
])('connect %j is refused by name', (options, message) => {
  withSelector(({ streams }) => {
    expect(() => streams.connect(options, handler.accepted())).toThrow(message)
  })
})

test('a port that is taken is EADDRINUSE, with the place', () => {
  withSelector(({ streams }) => {
    const listener = streams.listen({ host: '127.0.0.1' }, handler)
    const { port } = listener.address as { port: number }
    expect(() => streams.listen({ host: '127.0.0.1', port }, handler)).toThrow(
      expect.objectContaining({ code: 'EADDRINUSE', syscall: 'listen', address: '127.0.0.1', port }),
    )
    listener.close()
  })
})

test('what a connection refuses', () =>
  onLoop(backend, async (subject) => {
    const { near, far } = await connectedPair(subject)
    const { connection } = near
    expect(() => connection.write('text' as never)).toThrow(/must be a Uint8Array or Buffer, got string/)
    expect(() => {
      connection.setWaterMarks(10, 20)
    }).toThrow(/0 <= low <= high, got high 10, low 20/)
    expect(connection.write(new Uint8Array(0))).toBe(true)
    connection.end()
    connection.end()
    expect(() => connection.write(Buffer.from('x'))).toThrow('cannot write: the writing side has been ended')
    connection.close()
    connection.close()
    expect(() => connection.write(Buffer.from('x'))).toThrow('cannot write: the connection is closing')
    far.connection.close()
    await near.whenClosed
    await far.whenClosed
    expect(() => connection.write(Buffer.from('x'))).toThrow('cannot write: the connection is closed')
    connection.abort()
    connection.pause()
    connection.resume()
    connection.setNoDelay(true)
  }))

test('an accepted() that returns no handler is reported, and its connection aborted', () =>
  onLoop(backend, async ({ loop, streams }) => {
    const reports: unknown[] = []
    loop.setExceptionHandler((_loop, { exception }) => {
      reports.push(exception)
    })
    const listener = streams.listen({ host: '127.0.0.1' }, { accepted: () => undefined as never })
    const { port } = listener.address as { port: number }
    const ended = loop.createFuture<void>()
    const connection = streams.connect(
      { host: '127.0.0.1', port },
      {
        data() {},
        eof() {
          connection.close()
        },
        closed() {
          ended.setResult(undefined)
        },
      },
    )
    await ended
    expect(reports.map(String)).toEqual([
      expect.stringContaining("must return the connection's handler, got undefined"),
    ])
    listener.close()
  }))

test.each<[NativeSelectorOptions, string]>([
  [{ backend: 'pigeon' as never }, 'there is no backend pigeon here; there are '],
  [{ busyPollUs: -1 }, 'busyPollUs must be a whole number from 0 to 1000, got -1'],
  [{ busyPollUs: 2000 }, 'busyPollUs must be a whole number'],
])('new NativeSelector(%j) is refused by name', (options, message) => {
  expect(() => new NativeSelector(options)).toThrow(message)
})

test('what a closed selector refuses', () => {
  const selector = new NativeSelector({ backend })
  selector.close()
  selector.close()
  selector.wake()
  const refused = [
    () => {
      selector.wait(0, () => {})
    },
    () => {
      selector.register(0, 1, 1)
    },
    () => {
      selector.modify(1, 1)
    },
    () => selector.streams.datagram({}, { datagram() {}, failed() {}, closed() {} }),
  ]
  for (const call of refused) expect(call).toThrow('the selector is closed')
  expect(selector.unregister(1)).toBe(false)
  expect(selector.registered()).toEqual([])
  expect(selector.poll()).toEqual([])
})
