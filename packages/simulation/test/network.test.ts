/* Long because it is one list: everything that can happen on the way from one host to another. */
import { getRunningLoop, NotSupportedError, sleep } from '@loop/core'
import type { DatagramTransport } from '@loop/net'
import { createConnection, createDatagramEndpoint, createServer, getaddrinfo, getnameinfo } from '@loop/net'
import type { StreamReader, StreamWriter } from '@loop/net/streams'
import { openConnection, startServer } from '@loop/net/streams'
import { describe, expect, test } from 'vitest'
import type { World } from '../src/index.ts'
import { simulate } from '../src/index.ts'

const LINE = Buffer.from('\n')
const FIXED = { latency: 10 } as const

/** Sends back what it gets. */
async function echo(): Promise<void> {
  const server = await startServer(
    async (reader, writer) => {
      for await (const chunk of reader) writer.write(chunk)
      writer.close()
    },
    { port: 7 },
  )
  await server.serveForever()
}

const code = (error: unknown): string => (error as { code?: string }).code ?? (error as Error).name

/** Sends a line and gives how long the answer took, or why there was none. */
async function roundTrip(reader: StreamReader, writer: StreamWriter): Promise<number | string> {
  const loop = getRunningLoop()
  const begun = loop.time()
  try {
    writer.write(Buffer.from('hello\n'))
    await reader.readUntil(LINE)
    return Math.round(loop.time() - begun)
  } catch (error) {
    return code(error)
  }
}

describe('a connection', () => {
  test('takes the latency of its link, each way', async () => {
    await simulate(
      async (world) => {
        world.host('echo', echo)
        const loop = getRunningLoop()
        const [reader, writer] = await openConnection({ host: 'echo', port: 7 })
        expect(loop.time()).toBeCloseTo(20)
        expect(await roundTrip(reader, writer)).toBe(20)
        world.setLink('test', 'echo', { latency: 100 })
        expect(await roundTrip(reader, writer)).toBe(200)
        world.setLink('test', 'echo', null)
        expect(await roundTrip(reader, writer)).toBe(20)
      },
      { network: FIXED },
    )
  })

  test('stalls in a partition, goes on at the next retransmission, and times out if it lasts', async () => {
    await simulate(
      async (world) => {
        world.host('echo', echo)
        const [reader, writer] = await openConnection({ host: 'echo', port: 7 })
        world.partition('echo', 'test')
        const asked = roundTrip(reader, writer)
        await sleep(1000)
        world.repair('echo', 'test')
        // Retransmissions come 200, 600 and 1,400 ms after the first try arrived in vain.
        expect(await asked).toBe(10 + 1400 + 10)
        world.partition('echo', 'test')
        expect(await roundTrip(reader, writer)).toBe('ETIMEDOUT')
      },
      { network: { ...FIXED, retryTimeout: 5000 } },
    )
  })

  test('notices that its acknowledgements are lost', async () => {
    await simulate(
      async (world) => {
        world.host('echo', echo)
        const [reader, writer] = await openConnection({ host: 'echo', port: 7 })
        world.partitionOneWay('echo', 'test')
        expect(await roundTrip(reader, writer)).toBe('ETIMEDOUT')
      },
      { network: { ...FIXED, retryTimeout: 5000 } },
    )
  })

  test('waits while it is held, and nothing is lost', async () => {
    await simulate(
      async (world) => {
        world.host('echo', echo)
        const [reader, writer] = await openConnection({ host: 'echo', port: 7 })
        world.hold('echo', 'test')
        const asked = roundTrip(reader, writer)
        await sleep(60_000)
        world.release('echo', 'test')
        expect(await asked).toBe(60_010)
      },
      { network: FIXED },
    )
  })

  test('keeps its order where it is both held and cut', async () => {
    await simulate(
      async (world) => {
        world.host('echo', echo)
        const [reader, writer] = await openConnection({ host: 'echo', port: 7 })
        world.partition('echo', 'test')
        writer.write(Buffer.from('1'))
        await sleep(100)
        world.hold('echo', 'test')
        writer.write(Buffer.from('2'))
        await sleep(100)
        world.repair('echo', 'test')
        await sleep(1000)
        writer.write(Buffer.from('3\n'))
        world.release('echo', 'test')
        expect(String(await reader.readUntil(LINE))).toBe('123\n')
      },
      { network: FIXED },
    )
  })

  test('is reset, by a verb and by chance', async () => {
    await simulate(
      async (world) => {
        world.host('echo', echo)
        const [reader, writer] = await openConnection({ host: 'echo', port: 7 })
        const asked = roundTrip(reader, writer)
        world.reset('echo', 'test')
        expect(await asked).toBe('ECONNRESET')
        world.setNetwork({ reset: 1 })
        const [again, out] = await openConnection({ host: 'echo', port: 7 })
        expect(await roundTrip(again, out)).toBe('ECONNRESET')
      },
      { network: FIXED },
    )
  })

  test('is refused where nobody listens, by chance, and times out where nobody answers', async () => {
    await simulate(
      async (world) => {
        world.host('echo', echo)
        const connect = async (host: string, port: number): Promise<string> => {
          const begun = getRunningLoop().time()
          return await openConnection({ host, port }).then(
            () => 'connected',
            (error: unknown) => `${code(error)} ${Math.round(getRunningLoop().time() - begun)}`,
          )
        }
        expect(await connect('echo', 8)).toBe('ECONNREFUSED 20')
        expect(await connect('10.9.9.9', 8)).toBe('ETIMEDOUT 3000')
        expect(await connect('nowhere', 8)).toBe('ENOTFOUND 0')
        world.setNetwork({ refuse: 1 })
        expect(await connect('echo', 7)).toBe('ECONNREFUSED 10')
        world.setNetwork({ refuse: 0 })
        world.partition('echo', 'test')
        expect(await connect('echo', 7)).toBe('ETIMEDOUT 3000')
        world.repair('echo', 'test')
        world.crash('echo')
        expect(await connect('echo', 7)).toBe('ECONNREFUSED 20')
        world.restart('echo')
        await sleep(1)
        world.crash('echo', { sockets: 'vanish' })
        expect(await connect('echo', 7)).toBe('ETIMEDOUT 3000')
      },
      { network: { ...FIXED, connectTimeout: 3000 } },
    )
  })

  test('carries everything, whole and in order, whatever the network does to its pieces', async () => {
    await simulate(
      async (world) => {
        world.host('echo', echo)
        const [reader, writer] = await openConnection({ host: 'echo', port: 7 })
        const sent = Buffer.from(world.random.bytes(500_000))
        for (let at = 0; at < sent.length; at += 7000) writer.write(sent.subarray(at, at + 7000))
        expect((await reader.readExactly(sent.length)).equals(sent)).toBe(true)
      },
      { runs: 5, network: { loss: 0.05, fragment: 0.5, reorder: 0.1 } },
    )
  })

  test('takes the time that its bandwidth asks for', async () => {
    await simulate(
      async (world) => {
        world.host('echo', echo)
        const loop = getRunningLoop()
        const [reader, writer] = await openConnection({ host: 'echo', port: 7 })
        const begun = loop.time()
        writer.write(Buffer.alloc(100_000))
        await reader.readExactly(100_000)
        expect(loop.time() - begun).toBeGreaterThanOrEqual(10_000)
        expect(loop.time() - begun).toBeLessThan(21_000)
      },
      { network: { ...FIXED, bandwidth: 10_000 } },
    )
  })

  test('slows its writer down while the reader is clogged', async () => {
    await simulate(async (world) => {
      world.host('echo', echo)
      const [reader, writer] = await openConnection({ host: 'echo', port: 7 })
      world.clog('echo', 'reads')
      for (let i = 0; i < 10; i++) writer.write(Buffer.alloc(50_000))
      const drained = writer.drain()
      await sleep(60_000)
      expect(writer.transport.getWriteBufferSize()).toBeGreaterThan(300_000)
      world.unclog('echo')
      await drained
      await reader.readExactly(500_000)
      world.clog('test', 'writes')
      writer.write(LINE)
      await sleep(60_000)
      expect(writer.transport.getWriteBufferSize()).toBe(1)
      world.unclog('test')
      await reader.readUntil(LINE)
    })
  })
})

describe('a host that goes down', () => {
  const down = (how: (world: World) => void): Promise<unknown> =>
    simulate(
      async (world) => {
        world.host('echo', echo)
        const [reader, writer] = await openConnection({ host: 'echo', port: 7 })
        how(world)
        const loop = getRunningLoop()
        const begun = loop.time()
        const first = await reader.readUntil(LINE).catch(code)
        const waited = loop.time() - begun
        writer.close()
        return [first, waited]
      },
      { network: FIXED, limit: 100_000 },
    ).then(({ value }) => value)

  test('resets its connections when its process is killed', async () => {
    expect(
      await down((world) => {
        world.crash('echo')
      }),
    ).toEqual(['ECONNRESET', 10])
  })

  test('says nothing when it loses its power, and resets them when it is back and asked', async () => {
    const result = simulate(
      async (world) => {
        world.host('echo', echo)
        const [reader, writer] = await openConnection({ host: 'echo', port: 7 })
        world.crash('echo', { sockets: 'vanish' })
        const asked = roundTrip(reader, writer)
        await sleep(5000)
        world.restart('echo')
        return await asked
      },
      { network: FIXED },
    )
    expect((await result).value).toBe('ECONNRESET')
  })
})

test('a connect whose answer was lost with its machine fails in the end', async () => {
  const { value } = await simulate(
    async (world) => {
      world.host('echo', echo)
      await sleep(1)
      world.setLink('echo', 'test', { latency: 500 })
      const connecting = Promise.resolve(openConnection({ host: 'echo', port: 7 })).then(() => 'connected', code)
      await sleep(600)
      world.partitionOneWay('echo', 'test')
      await sleep(500)
      world.crash('echo', { sockets: 'vanish' })
      world.restart('echo')
      world.repairOneWay('echo', 'test')
      return [await connecting, world.now()]
    },
    { network: { ...FIXED, connectTimeout: 3000 } },
  )
  expect(value).toEqual(['ETIMEDOUT', 3001])
})

describe('datagrams', () => {
  /** Sends a hundred numbered ones, and gives those that arrived. */
  async function hundred(world: World): Promise<number[]> {
    const received: number[] = []
    world.host('sink', async () => {
      await createDatagramEndpoint(() => ({ datagramReceived: (bytes: Buffer) => void received.push(bytes[0]!) }), {
        localAddress: { host: '0.0.0.0', port: 9 },
      })
      await sleep(1e9)
    })
    await sleep(1)
    const [transport] = await createDatagramEndpoint(() => ({}), { remoteAddress: { host: 'sink', port: 9 } })
    for (let i = 0; i < 100; i++) {
      transport.sendTo(Buffer.from([i]))
      await sleep(5)
    }
    await sleep(1000)
    return received
  }

  test('are lost, doubled and overtaken', async () => {
    const { value: lost } = await simulate(hundred, { network: { latency: 1, loss: 0.2 } })
    expect(lost.length).toBeGreaterThan(50)
    expect(lost.length).toBeLessThan(99)
    const { value: doubled } = await simulate(hundred, { network: { latency: 1, duplicate: 0.2 } })
    expect(doubled.length).toBeGreaterThan(100)
    const { value: overtaken } = await simulate(hundred, { network: { latency: [1, 30] } })
    expect(overtaken).toHaveLength(100)
    expect(overtaken).not.toEqual([...overtaken].sort((one, other) => one - other))
    const { value: straight } = await simulate(hundred, { network: { latency: 1 } })
    expect(straight).toEqual(Array.from({ length: 100 }, (_, i) => i))
  })

  test('to a port that nobody has are refused, to who asked for one peer', async () => {
    await simulate(async (world) => {
      world.host('nobody', () => sleep(1e9))
      const errors: string[] = []
      const [transport] = await createDatagramEndpoint(
        () => ({ errorReceived: (error: Error) => void errors.push(code(error)) }),
        {
          remoteAddress: { host: 'nobody', port: 9 },
        },
      )
      transport.sendTo(Buffer.from('x'))
      await sleep(100)
      expect(errors).toEqual(['ECONNREFUSED'])
    })
  })

  test('reach all hosts by broadcast, where that is allowed', async () => {
    await simulate(async (world) => {
      const heard: string[] = []
      for (const name of ['a', 'b'])
        world.host(name, async () => {
          await createDatagramEndpoint(() => ({ datagramReceived: () => void heard.push(name) }), {
            localAddress: { host: '0.0.0.0', port: 9 },
          })
          await sleep(1e9)
        })
      await sleep(1)
      const open = async (allowBroadcast: boolean): Promise<DatagramTransport> =>
        (
          await createDatagramEndpoint(() => ({ errorReceived: (error: Error) => void heard.push(code(error)) }), {
            allowBroadcast,
          })
        )[0]
      ;(await open(false)).sendTo(Buffer.from('x'), { host: '255.255.255.255', port: 9 })
      ;(await open(true)).sendTo(Buffer.from('x'), { host: '255.255.255.255', port: 9 })
      await sleep(100)
      expect(heard.sort()).toEqual(['EACCES', 'a', 'b'])
    })
  })
})

describe('the network of a simulation', () => {
  test('has names', async () => {
    await simulate(async (world) => {
      const host = world.host('db', () => sleep(1e9))
      expect(await getaddrinfo('db', 5432)).toEqual([{ family: 'IPv4', address: host.address, port: 5432 }])
      expect(await getaddrinfo('localhost')).toEqual([{ family: 'IPv4', address: '127.0.0.1', port: 0 }])
      expect(await getnameinfo(host.address, 80)).toEqual({ host: 'db', service: '80' })
      await expect(Promise.resolve(getaddrinfo('example.org'))).rejects.toMatchObject({ code: 'ENOTFOUND' })
    })
  })

  test('is the only one: nothing goes around it', async () => {
    await simulate(async () => {
      const make = () => ({ dataReceived() {} })
      expect(() => createServer(make, { port: 1, io: 'node' })).toThrow(NotSupportedError)
      expect(() => createConnection(make, { host: 'x', port: 1, io: 'node' })).toThrow(NotSupportedError)
      expect(() => createConnection(make, { host: 'x', port: 1, tls: true })).toThrow(NotSupportedError)
      expect(() => createDatagramEndpoint(() => ({}), { io: 'node' })).toThrow(NotSupportedError)
      expect(() => {
        getRunningLoop().addReader(0, () => {})
      }).toThrow(NotSupportedError)
    })
  })

  test('has ports and unix sockets of each host', async () => {
    await simulate(async (world) => {
      const serve = (place: object) =>
        startServer(
          async (_reader, writer) => {
            await Promise.resolve()
            writer.close()
          },
          place as { port: number },
        )
      const first = await serve({ port: 80 })
      await expect(Promise.resolve(serve({ port: 80 }))).rejects.toMatchObject({ name: 'AddressInUseError' })
      await serve({ port: 81, reusePort: true })
      await serve({ port: 81, reusePort: true })
      await expect(Promise.resolve(serve({ host: '10.7.7.7', port: 1 }))).rejects.toMatchObject({
        code: 'EADDRNOTAVAIL',
      })
      first.close()
      await serve({ port: 80 })
      await serve({ path: '/run/it.sock' })
      const [reader] = await openConnection({ path: '/run/it.sock' })
      expect(await reader.read()).toHaveLength(0)
      world.host('other', async () => {
        await openConnection({ path: '/run/it.sock' }).then(
          () => Promise.reject(new Error('found a socket of another host')),
          () => {},
        )
        await serve({ port: 80 })
      })
      await sleep(100)
    })
  })
})
