import { closeSync as closeFile, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { READABLE, WRITABLE } from '@loop/core/lowlevel'
import {
  close as closeSync,
  eventfd,
  pipe,
  read as readSync,
  socketPair,
  terminal,
  write as writeSync,
} from '../src/descriptors.ts'
import { NativeSelector, UnpollableDescriptorError } from '../src/index.ts'
import { backends, onLoop, readAvailable } from './support.ts'

describe.each(backends)('raw descriptors on %s', (backend) => {
  test('a reader that leaves something is called again', () =>
    onLoop(backend, async ({ loop }) => {
      const { reader, writer } = pipe()
      const done = loop.createFuture<void>()
      const read: string[] = []
      loop.addReader(reader, () => {
        const byte = Buffer.alloc(1)
        readSync(reader, byte)
        read.push(byte.toString())
        if (read.length === 3) done.setResult(undefined)
      })
      writeSync(writer, 'abc')
      await done
      expect(read).toEqual(['a', 'b', 'c'])
      expect(loop.removeReader(reader)).toBe(true)
      closeSync(reader)
      closeSync(writer)
    }))

  test('a second reader replaces the first', () =>
    onLoop(backend, async ({ loop }) => {
      const { reader, writer } = pipe()
      const called: string[] = []
      const done = loop.createFuture<void>()
      loop.addReader(reader, () => called.push('first'))
      loop.addReader(reader, () => {
        called.push('second')
        readAvailable(reader)
        done.setResult(undefined)
      })
      writeSync(writer, 'x')
      await done
      expect(called).toEqual(['second'])
      loop.removeReader(reader)
      closeSync(reader)
      closeSync(writer)
    }))

  test('a callback that removes another ready one of the same turn keeps it from running', () =>
    onLoop(backend, async ({ loop }) => {
      const pipes = [pipe(), pipe()]
      const called: number[] = []
      const done = loop.createFuture<void>()
      pipes.forEach(({ reader }, index) => {
        loop.addReader(reader, () => {
          called.push(index)
          for (const other of pipes) loop.removeReader(other.reader)
          loop.callLater(5, () => {
            done.setResult(undefined)
          })
        })
      })
      for (const { writer } of pipes) writeSync(writer, 'x')
      await done
      expect(called).toHaveLength(1)
      for (const { reader, writer } of pipes) [reader, writer].forEach(closeSync)
    }))

  test('a descriptor number that the system gives out again is a new source', () =>
    onLoop(backend, async ({ loop }) => {
      const first = pipe()
      const stale: string[] = []
      loop.addReader(first.reader, () => stale.push('called'))
      writeSync(first.writer, 'x')
      loop.removeReader(first.reader)
      closeSync(first.reader)
      closeSync(first.writer)
      const second = pipe()
      expect([second.reader, second.writer]).toEqual([first.reader, first.writer])
      const done = loop.createFuture<string>()
      loop.addReader(second.reader, () => {
        done.setResult(readAvailable(second.reader).toString())
      })
      writeSync(second.writer, 'new')
      expect([await done, stale]).toEqual(['new', []])
      loop.removeReader(second.reader)
      closeSync(second.reader)
      closeSync(second.writer)
    }))

  test('both directions of a socket have callbacks of their own', () =>
    onLoop(backend, async ({ loop }) => {
      const [left, right] = socketPair()
      const writable = loop.createFuture<void>()
      const readable = loop.createFuture<string>()
      loop.addReader(left, () => {
        readable.setResult(readAvailable(left).toString())
      })
      loop.addWriter(left, () => {
        loop.removeWriter(left)
        writable.setResult(undefined)
      })
      await writable
      writeSync(right, 'hello')
      expect(await readable).toBe('hello')
      loop.removeReader(left)
      closeSync(left)
      closeSync(right)
    }))

  test('a failed descriptor is reported as long as somebody watches it', () =>
    onLoop(backend, async ({ loop }) => {
      const { reader, writer } = pipe()
      closeSync(reader)
      const done = loop.createFuture<void>()
      let calls = 0
      loop.addWriter(writer, () => {
        if (++calls < 3) return
        loop.removeWriter(writer)
        done.setResult(undefined)
      })
      await done
      expect(calls).toBe(3)
      closeSync(writer)
    }))

  test('looking again reports what is ready now, without a wait', () => {
    const selector = new NativeSelector({ backend })
    const { reader, writer } = pipe()
    selector.register(reader, READABLE, 7)
    const seen = [selector.again()]
    writeSync(writer, 'x')
    seen.push(selector.again(), selector.again())
    readAvailable(reader)
    seen.push(selector.again())
    const ready = [{ token: 7, ready: READABLE }]
    // Only libuv itself knows what it has found.
    expect(seen).toEqual(backend === 'uv' ? [[], [], [], []] : [[], ready, ready, []])
    selector.close()
    expect(selector.again()).toEqual([])
    closeSync(reader)
    closeSync(writer)
  })

  test('a writer learns that the reading end of its pipe is gone', () =>
    onLoop(backend, async ({ loop }) => {
      const { reader, writer } = pipe()
      while (true) {
        try {
          writeSync(writer, Buffer.alloc(65536))
        } catch {
          break
        }
      }
      const failed = loop.createFuture<string>()
      loop.addWriter(writer, () => {
        loop.removeWriter(writer)
        try {
          writeSync(writer, 'x')
        } catch (error) {
          failed.setResult((error as { code: string }).code)
        }
      })
      closeSync(reader)
      expect(await failed).toBe('EPIPE')
      closeSync(writer)
    }))

  test('a terminal', () =>
    onLoop(backend, async ({ loop }) => {
      const { controller, program } = terminal()
      const line = loop.createFuture<string>()
      loop.addReader(program, () => {
        line.setResult(readAvailable(program).toString())
      })
      writeSync(controller, 'typed\n')
      expect(await line).toBe('typed\n')
      loop.removeReader(program)
      closeSync(controller)
      closeSync(program)
    }))

  test.runIf(process.platform === 'linux')('an event counter', () =>
    onLoop(backend, async ({ loop }) => {
      const counter = eventfd()
      const value = loop.createFuture<bigint>()
      loop.addReader(counter, () => {
        value.setResult(readAvailable(counter).readBigUInt64LE())
      })
      const three = Buffer.alloc(8)
      three.writeBigUInt64LE(3n)
      writeSync(counter, three)
      expect(await value).toBe(3n)
      loop.removeReader(counter)
      closeSync(counter)
    }),
  )

  test('a regular file is refused by name', () => {
    const selector = new NativeSelector({ backend })
    const file = openSync(fileURLToPath(import.meta.url), 'r')
    expect(() => {
      selector.register(file, READABLE, 1)
    }).toThrow(UnpollableDescriptorError)
    expect(selector.registered()).toEqual([])
    closeFile(file)
    selector.close()
  })

  test('a descriptor that is not open is refused by name', () => {
    const selector = new NativeSelector({ backend })
    expect(() => {
      selector.register(999_999, READABLE, 1)
    }).toThrow(/^poll EBADF: bad file descriptor \(999999\)$/)
    expect(() => {
      selector.register(-1, READABLE, 1)
    }).toThrow(RangeError)
    expect(() => {
      selector.register(1.5, READABLE, 1)
    }).toThrow(RangeError)
    selector.close()
  })

  test('an interest that is neither is refused', () => {
    const selector = new NativeSelector({ backend })
    const { reader, writer } = pipe()
    expect(() => {
      selector.register(reader, 4, 1)
    }).toThrow(RangeError)
    selector.register(reader, READABLE, 1)
    expect(() => {
      selector.modify(1, READABLE | WRITABLE | 8)
    }).toThrow(RangeError)
    selector.close()
    closeSync(reader)
    closeSync(writer)
  })
})
