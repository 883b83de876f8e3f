import { currentTask, getRunningLoop, sleep } from '@loop/core'
import { isSupported } from '@loop/selector-native'
import { pipe, terminal } from '@loop/selector-native/descriptors'
import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import type { ReadPipeProtocol, ReadTransport, WritePipeProtocol } from '../src/index.ts'
import { connectReadPipe, connectWritePipe } from '../src/index.ts'
import { openReadPipe, openWritePipe } from '../src/streams/index.ts'
import { collectErrors, families, nameOf, onLoop, settle } from './support.ts'

const native = isSupported().supported
const folders: string[] = []
afterEach(() => {
  for (const path of folders.splice(0)) rmSync(path, { recursive: true })
})
const folder = () => {
  folders.push(mkdtempSync(join(tmpdir(), 'loop-pipes-')))
  return folders.at(-1)!
}

/** Notes what happens to a reading protocol. */
class Noting implements ReadPipeProtocol {
  readonly events: unknown[] = []
  transport!: ReadTransport
  readonly lost = getRunningLoop().createFuture<void>()

  constructor(private readonly onData: (bytes: Buffer) => void = () => {}) {}

  connectionMade(transport: ReadTransport) {
    this.transport = transport
    this.events.push('made')
  }
  dataReceived(bytes: Buffer) {
    const last = this.events.at(-1)
    if (typeof last === 'object') (last as string[])[0] += bytes.toString()
    else this.events.push([bytes.toString()])
    this.onData(bytes)
  }
  eofReceived() {
    this.events.push('eof')
  }
  connectionLost(error: Error | undefined) {
    this.events.push(`lost ${nameOf(error)}`)
    this.lost.setResult()
  }
}

describe.skipIf(!native).each(families)('pipes on a loop of $name', (family) => {
  it.each(['auto', 'node'] as const)('are read by a protocol, to their end (io: %s)', (io) =>
    onLoop(family, async () => {
      const { reader, writer } = pipe()
      writeSync(writer, 'early ')
      const [transport, protocol] = await connectReadPipe(() => new Noting(), reader, { io })
      expect(protocol.transport).toBe(transport)
      writeSync(writer, 'late')
      while (JSON.stringify(protocol.events) !== '["made",["early late"]]') await sleep(1)
      closeSync(writer)
      await protocol.lost
      expect(protocol.events).toEqual(['made', ['early late'], 'eof', 'lost null'])
      expect(transport.isClosing()).toBe(true)
      expect(transport.getExtraInfo('pipe')).toBe(reader)
      await settle()
      expect(() => {
        closeSync(reader)
      }).toThrow('EBADF')
    }),
  )

  it('wait while reading is paused, and while the loop has not begun', () =>
    onLoop(family, async () => {
      const { reader, writer } = pipe()
      const [transport, protocol] = await connectReadPipe(() => new Noting(), reader)
      transport.pauseReading()
      expect(transport.isReading()).toBe(false)
      writeSync(writer, 'x')
      closeSync(writer)
      await settle()
      expect(protocol.events).toEqual(['made'])
      transport.resumeReading()
      await protocol.lost
      expect(protocol.events).toEqual(['made', ['x'], 'eof', 'lost null'])
    }))

  it('are written to, with back-pressure', () =>
    onLoop(family, async () => {
      const { reader, writer } = pipe()
      const events: string[] = []
      const protocol: WritePipeProtocol = {
        connectionMade: () => events.push('made'),
        pauseWriting: () => events.push('pause'),
        resumeWriting: () => events.push('resume'),
        connectionLost: (error) => events.push(`lost ${nameOf(error)}`),
      } as WritePipeProtocol
      const [transport] = await connectWritePipe(() => protocol, writer)
      transport.write(Buffer.alloc(1_000_000, 'a'))
      expect(events).toEqual(['made', 'pause'])
      expect(transport.getWriteBufferSize()).toBeGreaterThan(900_000)
      transport.close()
      const [input] = openReadPipe(reader)
      const all = await input.read()
      expect(all).toHaveLength(1_000_000)
      await settle()
      expect(events.filter((event) => event !== 'resume')).toEqual(['made', 'pause', 'lost null'])
      expect(() => {
        transport.write(Buffer.from('more'))
      }).toThrow('the pipe was closed')
    }))

  it('are lost when their reader goes away, and writers are told once', () =>
    onLoop(family, async (loop) => {
      const errors = collectErrors(loop)
      const { reader, writer } = pipe()
      const output = openWritePipe(writer)
      await sleep(0)
      closeSync(reader)
      output.write(Buffer.from('x'))
      await expect(output.waitClosed()).rejects.toMatchObject({ code: 'EPIPE' })
      await expect(output.drain()).rejects.toMatchObject({ name: 'ConnectionLostError' })
      for (let i = 0; i < 10; i++) output.write(Buffer.from('x'))
      expect(errors).toHaveLength(1)
      await expect(output.startTls()).rejects.toThrow('a pipe carries no TLS')
    }))

  it('of streams keep their task, and carry lines both ways', () =>
    onLoop(family, async (loop) => {
      const { reader, writer } = pipe()
      const output = openWritePipe(writer)
      const task = loop.createTask(
        async () => {
          const got: unknown[] = []
          for await (const line of openReadPipe(reader)[0].lines()) got.push(line.toString(), currentTask()?.getName())
          return got
        },
        { name: 'reader' },
      )
      output.write(Buffer.from('one\n'))
      await sleep(5)
      output.write(Buffer.from('two\n'))
      output.close()
      expect(await task).toEqual(['one\n', 'reader', 'two\n', 'reader'])
    }))

  it('that break off a protocol which throws are reported, and closed', () =>
    onLoop(family, async (loop) => {
      const errors = collectErrors(loop)
      const { reader, writer } = pipe()
      const protocol = new Noting(() => {
        throw new Error('mine')
      })
      await connectReadPipe(() => protocol, reader)
      writeSync(writer, 'x')
      await protocol.lost
      expect(protocol.events).toEqual(['made', ['x'], 'lost Error'])
      expect(errors.map(({ message }) => message)).toEqual([
        'Fatal error: protocol.dataReceived() failed; its pipe is closed',
      ])
      closeSync(writer)
    }))

  it('may be terminals', () =>
    onLoop(family, async () => {
      const { controller, program } = terminal()
      const output = openWritePipe(program)
      output.write(Buffer.from('typed\n'))
      const [input, transport] = openReadPipe(controller, { io: family.backend === undefined ? 'node' : 'auto' })
      expect((await input.readLine()).toString()).toBe('typed\r\n')
      output.close()
      await output.waitClosed()
      transport.close()
      await sleep(0)
    }))

  it('may be files and /dev/null', () =>
    onLoop(family, async () => {
      const path = join(folder(), 'file')
      writeFileSync(path, 'in the file')
      expect((await openReadPipe(openSync(path, 'r'))[0].read()).toString()).toBe('in the file')
      expect(await openReadPipe(openSync('/dev/null', 'r'))[0].read()).toHaveLength(0)
      for (const place of [path, '/dev/null']) {
        const output = openWritePipe(openSync(place, 'w'))
        output.write(Buffer.from('written'))
        output.close()
        await output.waitClosed()
      }
      expect(readFileSync(path, 'utf8')).toBe('written')
    }))

  it('may be any stream of Node', () =>
    onLoop(family, async () => {
      const [input] = openReadPipe(Readable.from(['one ', Buffer.from('two')]))
      expect((await input.read()).toString()).toBe('one two')
      const through = new PassThrough()
      const output = openWritePipe(through)
      output.write(Buffer.from('through'))
      output.close()
      expect((await openReadPipe(through)[0].read()).toString()).toBe('through')
      const broken = new Readable({
        read() {
          this.destroy(new Error('disk'))
        },
      })
      await expect(openReadPipe(broken)[0].read()).rejects.toThrow('disk')
      const full = new Writable({
        write(_chunk, _encoding, done) {
          done(new Error('full'))
        },
      })
      const lost = openWritePipe(full)
      lost.write(Buffer.from('x'))
      await expect(lost.waitClosed()).rejects.toThrow('full')
    }))

  it('are refused at the call when they are none', () =>
    onLoop(family, async () => {
      const factory = () => ({ dataReceived() {} })
      expect(() => connectReadPipe(factory, 'x' as never)).toThrow(
        'a pipe to read is a descriptor or a readable stream',
      )
      expect(() => connectReadPipe(factory, -1)).toThrow('a descriptor is a whole number from 0')
      expect(() => connectReadPipe(factory, 9_999)).toThrow('EBADF')
      expect(() => connectReadPipe(() => ({}) as never, 0)).toThrow('dataReceived()')
      expect(() => connectWritePipe(() => ({}), {} as never)).toThrow('a pipe to write to is')
      expect(() => connectReadPipe(factory, new PassThrough(), { io: 'selector' })).toThrow('pass its descriptor')
      expect(() => connectReadPipe(factory, 0, { io: 'epoll' as never })).toThrow("io is 'auto'")
      await sleep(0)
    }))

  it('are closed with their loop', async () => {
    const loop = family.makeLoop()
    const { reader, writer } = pipe()
    await loop.runUntilComplete(async () => {
      await connectReadPipe(() => new Noting(), reader)
      await connectWritePipe<WritePipeProtocol>(() => ({}), writer)
    })
    loop.close()
    await new Promise((resolve) => setTimeout(resolve, 20))
    for (const fd of [reader, writer])
      expect(() => {
        closeSync(fd)
      }).toThrow('EBADF')
  })
})

describe('the standard streams of a program', () => {
  const program = fileURLToPath(new URL('programs/upper.ts', import.meta.url))
  const loader = import.meta.resolve('@loop/test-kit/strip-types')
  const started = (selector: string, stdin: 'pipe' | 'ignore' | number) =>
    spawn(process.execPath, ['--conditions=@loop/source', '--import', loader, program, selector], {
      stdio: [stdin, 'pipe', 'inherit'],
    })
  const output = async (child: ReturnType<typeof started>) => {
    let text = ''
    for await (const piece of child.stdout!) text += String(piece)
    return text
  }

  it.each(native ? ['poll', 'native'] : ['poll'])('are a reader and a writer, and stay open (%s)', async (selector) => {
    const child = started(selector, 'pipe')
    child.stdin!.end('one\ntwo\n')
    expect(await output(child)).toBe('ONE\nTWO\nend\n')
  })

  it.each(native ? ['poll', 'native'] : ['poll'])('may be a file, or nothing (%s)', async (selector) => {
    const path = join(folder(), 'in')
    writeFileSync(path, 'from a file\n')
    const fd = openSync(path, 'r')
    expect(await output(started(selector, fd))).toBe('FROM A FILE\nend\n')
    closeSync(fd)
    expect(await output(started(selector, 'ignore'))).toBe('end\n')
  })
})
