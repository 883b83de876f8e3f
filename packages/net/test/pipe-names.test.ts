import { NotSupportedError } from '@loop/core'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import { AddressError, createConnection, createServer } from '../src/index.ts'
import { checkPath } from '../src/base/options.ts'
import { onEachFamily, onLoop, Recording } from './support.ts'

let count = 0
/** A place by path: a socket's file, on Windows the name of a pipe. */
const newPath = (): string => {
  const name = `loop-net-${process.pid}-${++count}`
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), name)
}

test('on Windows a path that is no name of a pipe is refused, and says what one looks like', () => {
  const pipes = ['\\\\.\\pipe\\a', '\\\\?\\pipe\\a', '//./pipe/a', '\\\\server\\pipe\\a', '\\\\.\\PIPE\\a\\b']
  for (const path of pipes) checkPath(path, 'win32')
  for (const path of ['C:\\run\\a', '/run/a', 'a', '\\\\.\\pipe\\', '\\\\server\\share\\a']) {
    expect(() => {
      checkPath(path, 'win32')
    }).toThrow(AddressError)
  }
  expect(() => {
    checkPath('C:\\run\\a', 'win32')
  }).toThrow('on Windows a path names a pipe, such as \\\\.\\pipe\\name, got C:\\run\\a')
})

onEachFamily('a place by path', (family) => {
  test('server and client meet at a path, and it is free afterwards', () =>
    onLoop(family, async (loop) => {
      const path = newPath()
      for (let round = 0; round < 2; round++) {
        const server = await createServer(() => new Recording(loop, { eofReceived: () => false }), { path })
        const client = new Recording(loop)
        const [transport] = await createConnection(() => client, { path })
        transport.writeEof()
        await client.until((events) => events.includes('eof'))
        transport.close()
        server.close()
        await server.waitClosed()
      }
    }))

  test.runIf(process.platform === 'win32')('a pipe is never carried by streams, and says so', () =>
    onLoop(family, async (loop) => {
      if (loop.selector.streams === undefined) return
      expect(() => createServer(() => new Recording(loop), { path: newPath(), io: 'streams' })).toThrow(
        NotSupportedError,
      )
      await Promise.resolve()
    }),
  )
})
