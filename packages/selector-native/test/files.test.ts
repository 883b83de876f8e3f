import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NativeConnection } from '../src/streams/connection.ts'
import { backends, connectedPair, onLoop, pattern } from './support.ts'

const content = pattern(20_000_000)
let folder: string
let file: number
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'loop-native-'))
  writeFileSync(join(folder, 'file'), content)
  file = openSync(join(folder, 'file'), 'r')
})
afterAll(() => {
  closeSync(file)
  rmSync(folder, { recursive: true })
})

describe.runIf(process.platform === 'linux').each(backends)('a file over %s', (backend) => {
  test('follows what was written, says when there is no room, and when there is some again', () =>
    onLoop(backend, async (subject) => {
      const { near, far } = await connectedPair(subject)
      const connection = near.connection as NativeConnection
      far.connection.pause()
      connection.write(Buffer.from('first'))
      let sent = 0
      let step = connection.sendFile(file, 0, 1 << 18)
      for (; typeof step === 'number'; step = connection.sendFile(file, sent, 1 << 18)) sent += step
      expect(step).toBe('full')
      expect(sent).toBeLessThan(content.length)
      expect(near.events).toEqual(['connected'])
      far.connection.resume()
      await near.whenDrained
      expect(connection.pending).toBe(0)
      connection.write(Buffer.from('last'))
      await far.whenReceived(5 + sent + 4)
      expect(
        Buffer.compare(
          far.bytes,
          Buffer.concat([Buffer.from('first'), content.subarray(0, sent), Buffer.from('last')]),
        ),
      ).toBe(0)
      expect(connection.sendFile(file, content.length, 10)).toBe(0)
      connection.close()
      far.connection.close()
      await near.whenClosed
      await far.whenClosed
      expect(connection.sendFile(file, 0, 10)).toBe(null)
    }))

  test('ends with a connection that breaks, and leaves what is no file to its reader', () =>
    onLoop(backend, async (subject) => {
      const { near, far } = await connectedPair(subject)
      const connection = near.connection as NativeConnection
      const place = openSync(folder, 'r')
      expect(connection.sendFile(place, 0, 10)).toBe(null)
      closeSync(place)
      expect(connection.sendFile(-1, 0, 10)).toBe(null)
      far.connection.pause()
      while (connection.sendFile(file, 0, 1 << 18) !== 'full') continue
      far.connection.abort()
      await near.whenClosed
      await far.whenClosed
      expect(near.error).toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) as string })
    }))
})
