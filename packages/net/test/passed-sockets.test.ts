import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { afterAll, describe, expect, test } from 'vitest'
import { NotSupportedError } from '@loop/core'
import { close, pipe, read, socketPair } from '@loop/selector-native/descriptors'
import { AddressError, createConnection, createServer, listenFds } from '../src/index.ts'
import { siteTest } from './site.ts'
import { compilePackages, programArguments, programEnvironment } from './programs.ts'
import { families, nameOf, onEachFamily, onEachFamilyAndTls, onLoop, Recording } from './support.ts'

const compiled = compilePackages()
afterAll(() => {
  compiled.remove()
})

/**
 * Opens a listening and a connected socket as descriptors 3 and 4, says so as systemd does, and becomes the program.
 */
const STARTER = `
import os, socket, sys
listening = socket.socket(); listening.bind(('127.0.0.1', 0)); listening.listen()
print(listening.getsockname()[1], flush=True)
peer = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
os.dup2(listening.fileno(), 3); os.dup2(peer.fileno(), 4); os.set_inheritable(3, True); os.set_inheritable(4, True)
os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES='web')
os.execv(sys.argv[2], sys.argv[2:])
`
const PROGRAM = `
  import { EventLoop } from '@loop/core'
  import { createConnection, createServer, listenFds } from '@loop/net'
  await new EventLoop({ selector }).runUntilComplete(async () => {
    const [{ fd, name }] = listenFds()
    const server = await createServer(() => ({ connectionMade(made) { made.write(Buffer.from(name)); made.close(); server.close() }, dataReceived() {} }), { fd })
    const [transport] = await createConnection(() => ({ dataReceived() {} }), { fd: 4 })
    transport.write(Buffer.from('by descriptor ' + listenFds().length))
    transport.close()
    await server.waitClosed()
  })`

const hasPython = process.platform !== 'win32' && spawnSync('python3', ['--version']).status === 0
onEachFamily('a listening and a connected socket from elsewhere', (family) => {
  test.skipIf(!hasPython)('are served', async () => {
    const outside = net.createServer().listen(0, '127.0.0.1')
    await once(outside, 'listening')
    const heard = once(outside, 'connection').then(([socket]: net.Socket[]) => text(socket!))
    const { port } = outside.address() as net.AddressInfo
    const child = spawn(
      'python3',
      ['-c', STARTER, String(port), process.execPath, ...programArguments(family, PROGRAM)],
      {
        cwd: compiled.directory,
        stdio: ['ignore', 'pipe', 'inherit'],
        env: programEnvironment(),
      },
    )
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    expect(await text(net.connect(Number(line.toString()), '127.0.0.1'))).toBe('web')
    expect(await heard).toBe('by descriptor 0')
    await once(child, 'close')
    outside.close()
  })
})

const streams = families.filter(({ backend }) => backend !== undefined)
describe.skipIf(process.platform === 'win32').each(streams)('a descriptor that is taken over by $name', (family) => {
  test('carries a connection, and is closed with it', () =>
    onLoop(family, async (loop) => {
      const [ours, theirs] = socketPair()
      const [transport, near] = await createConnection(() => new Recording(loop), { fd: ours, io: 'streams' })
      const [, far] = await createConnection(() => new Recording(loop), { fd: theirs, io: 'streams' })
      transport.write(Buffer.from('hello'))
      transport.close()
      await near.lost()
      await far.lost()
      expect(near.events).toEqual(['made', ['lost', null]])
      expect(far.events).toEqual(['made', ['data', 'hello'], 'eof', ['lost', null]])
      expect(() => read(ours, new Uint8Array(1))).toThrow('EBADF')
    }))

  test('stays the program’s when it is of another kind', () =>
    onLoop(family, async (loop) => {
      const { reader, writer } = pipe()
      const pair = socketPair()
      const make = (): Recording => new Recording(loop)
      const refusal = async (opened: PromiseLike<unknown>): Promise<unknown> =>
        Promise.resolve(opened).then(
          () => 'opened',
          (error: unknown) => nameOf(error),
        )
      expect([
        await refusal(createServer(make, { fd: reader })),
        await refusal(createServer(make, { fd: pair[0] })),
        await refusal(createConnection(make, { fd: writer })),
        await refusal(createConnection(make, { fd: 99_999 })),
      ]).toEqual(['ENOTSOCK', 'EINVAL', 'ENOTSOCK', 'EBADF'])
      for (const fd of [reader, writer, ...pair]) close(fd)
    }))
})

test('a process that was started otherwise has none', () => {
  process.env['LISTEN_FDS'] = '2'
  process.env['LISTEN_PID'] = String(process.pid + 1)
  expect(listenFds()).toEqual([])
  expect(process.env['LISTEN_FDS']).toBe(undefined)
})

const checkUnix = process.platform === 'win32' ? test.skip : test
onEachFamily('the socket beneath a unix connection', (family) => {
  checkUnix('has no time to live', () =>
    onLoop(family, async () => {
      const path = join(tmpdir(), `loop-net-${process.pid}-${families.indexOf(family)}`)
      const server = await createServer(() => ({ dataReceived: () => {} }), { path })
      const [transport] = await createConnection(() => ({ dataReceived: () => {} }), { path })
      expect(() => transport.getExtraInfo('socket')!.getTTL()).toThrow(NotSupportedError)
      expect(() => {
        transport.getExtraInfo('socket')!.setTTL(3)
      }).toThrow(NotSupportedError)
      transport.close()
      server.close()
      await server.waitClosed()
    }),
  )
})

onEachFamilyAndTls('the socket beneath a transport', (family) => {
  const withSite = siteTest(family)

  withSite('has options that every family has', async (site) => {
    await site.listen()
    const peer = await site.peer()
    const socket = site.first.transport.getExtraInfo('socket')!
    socket.setNoDelay(false)
    socket.setKeepAlive(true, 30_000)
    expect(() => createServer(() => ({ dataReceived: () => {} }), { fd: 3, port: 80 })).toThrow(AddressError)
    expect(() => createConnection(() => ({ dataReceived: () => {} }), { fd: -1 })).toThrow(AddressError)
    peer.socket.end()
    await site.end()
  })

  withSite('has buffers and a time to live, or says which it lacks', async (site) => {
    await site.listen()
    const peer = await site.peer()
    const { transport } = site.first
    const socket = transport.getExtraInfo('socket')!
    const native = family.backend !== undefined && transport.getExtraInfo('tlsEngine') !== 'node'
    if (native) {
      socket.setSendBufferSize(40_000)
      socket.setRecvBufferSize(50_000)
      socket.setTTL(7)
      // Linux answers with twice what it was asked for.
      expect([40_000, 80_000]).toContain(socket.getSendBufferSize())
      expect([50_000, 100_000]).toContain(socket.getRecvBufferSize())
      expect(socket.getTTL()).toBe(7)
      for (const wrong of [0, 256, 1.5, undefined, '7'])
        expect(() => socket.setTTL(wrong as number)).toThrow(RangeError)
      expect(() => socket.setSendBufferSize(2 ** 31)).toThrow(RangeError)
    } else {
      for (const name of [
        'getSendBufferSize',
        'setSendBufferSize',
        'getRecvBufferSize',
        'setRecvBufferSize',
        'getTTL',
        'setTTL',
      ] as const) {
        expect(() => socket[name](1_000)).toThrow(NotSupportedError)
        expect(() => socket[name](1_000)).toThrow(name)
      }
    }
    peer.socket.end()
    await site.end()
    if (native) expect(() => socket.getTTL()).toThrow('the connection is closed')
  })
})
