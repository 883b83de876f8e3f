import type { EventLoop } from '@loop/core'
import { CancelledError } from '@loop/core'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AddressError, ConnectionLostError, getaddrinfo, getnameinfo, sendFile } from '../src/index.ts'
import { Site } from './site.ts'
import { families, onEachFamilyAndTls, onLoop } from './support.ts'

const SIZE = 3_000_001
const content = Buffer.from(Array.from({ length: SIZE }, (_, place) => place % 253))
let folder: string
let path: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'loop-net-'))
  path = join(folder, 'file')
  writeFileSync(path, content)
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

onEachFamilyAndTls('sending a file', (family) => {
  const check = (name: string, body: (site: Site, loop: EventLoop) => Promise<void>): void => {
    test(name, () => onLoop(family, (loop) => body(new Site(loop, family), loop)))
  }

  check('sends all of it, or a part, with back-pressure', async (site) => {
    await site.listen()
    const peer = await site.peer()
    const { transport } = site.first
    expect(await sendFile(transport, path)).toBe(SIZE)
    const handle = await open(path)
    expect(await sendFile(transport, handle, { offset: 1_000, count: 300_000 })).toBe(300_000)
    expect(await sendFile(transport, handle, { offset: SIZE - 5 })).toBe(5)
    expect(await sendFile(transport, handle, { offset: SIZE + 5 })).toBe(0)
    await handle.close()
    expect(transport.getWriteBufferSize()).toBeLessThan(400_000)
    transport.close()
    await peer.until(() => peer.ended)
    peer.socket.end()
    await site.end()
    const expected = Buffer.concat([content, content.subarray(1_000, 301_000), content.subarray(-5)])
    expect(Buffer.compare(Buffer.from(peer.text, 'latin1'), expected)).toBe(0)
  })

  check('keeps its place between what is written before and after, and waits for a slow peer', async (site, loop) => {
    await site.listen()
    const peer = await site.peer({ paused: true })
    const { transport } = site.first
    const before = Buffer.alloc(8_000_000, 'b')
    transport.write(before)
    const sending = loop.createTask(async () => sendFile(transport, path))
    await site.first.until((events) => events.includes('pauseWriting'))
    expect(sending.done()).toBe(false)
    peer.socket.resume()
    expect(await sending).toBe(SIZE)
    transport.write(Buffer.from('after'))
    transport.close()
    await peer.until(() => peer.ended)
    peer.socket.end()
    await site.end()
    const expected = Buffer.concat([before, content, Buffer.from('after')])
    expect(Buffer.compare(Buffer.from(peer.text, 'latin1'), expected)).toBe(0)
  })

  check('the system sends it where it can: nothing of it is kept here', async (site, loop) => {
    await site.listen()
    const peer = await site.peer({ paused: true })
    const { transport } = site.first
    const huge = join(folder, `huge-${family.name.length}`)
    writeFileSync(huge, Buffer.alloc(30_000_000))
    const sending = loop.createTask(async () => sendFile(transport, huge))
    await site.first.until((events) => events.includes('pauseWriting'))
    const bySystem = process.platform === 'linux' && family.backend !== undefined && family.tls === undefined
    if (bySystem) expect(transport.getWriteBufferSize()).toBe(0)
    sending.cancel()
    await expect(sending.then()).rejects.toBeInstanceOf(CancelledError)
    // A protocol that was paused is resumed, though the file is given up.
    peer.socket.resume()
    await site.first.until((events) => events.includes('resumeWriting'))
    transport.close()
    await peer.until(() => peer.ended)
    peer.socket.end()
    await site.end()
    rmSync(huge)
  })

  const checkLinux =
    process.platform === 'linux'
      ? check
      : (name: string) => {
          test.skip(`${name} (only Linux has them)`)
        }
  checkLinux('sends files that only reading makes, and leaves what is no file to its error', async (site) => {
    await site.listen()
    const peer = await site.peer()
    const { transport } = site.first
    const version = readFileSync('/proc/version')
    expect(await sendFile(transport, '/proc/version')).toBe(version.length)
    await expect(Promise.resolve(sendFile(transport, folder))).rejects.toMatchObject({ code: 'EISDIR' })
    const handle = await open(path)
    await handle.close()
    await expect(Promise.resolve(sendFile(transport, handle))).rejects.toMatchObject({ code: 'EBADF' })
    transport.close()
    await peer.until(() => peer.ended)
    peer.socket.end()
    await site.end()
    expect(peer.text).toBe(version.toString('latin1'))
  })

  check('fails by name: a connection that ends, a file that is not there, nonsense', async (site, loop) => {
    await site.listen()
    const peer = await site.peer({ paused: true })
    const { transport } = site.first
    await expect(Promise.resolve(sendFile(transport, join(folder, 'none')))).rejects.toMatchObject({ code: 'ENOENT' })
    expect(() => sendFile(transport, path, { offset: -1 })).toThrow(RangeError)
    expect(() => sendFile(transport, path, { count: 0.5 })).toThrow(RangeError)
    expect(() => sendFile({} as never, path)).toThrow(TypeError)
    for (const none of [undefined, 7, {}, { fd: 0 }])
      expect(() => sendFile(transport, none as never)).toThrow('sendFile takes a path')
    // More than both kernels hold.
    const big = join(folder, `big-${family.name.length}`)
    writeFileSync(big, Buffer.alloc(30_000_000))
    const sending = loop.createTask(async () => sendFile(transport, big))
    await site.first.until((events) => events.includes('pauseWriting'))
    peer.socket.resetAndDestroy()
    await expect(sending.then()).rejects.toBeInstanceOf(ConnectionLostError)
    await site.end()
    rmSync(big)
  })
})

test("names and addresses are found by the system's resolver", () =>
  onLoop(families[0]!, async () => {
    expect(await getaddrinfo('127.0.0.1', 80)).toEqual([{ family: 'IPv4', address: '127.0.0.1', port: 80 }])
    const found = await getaddrinfo('localhost', 80, { family: 4 })
    expect(found).toContainEqual({ family: 'IPv4', address: '127.0.0.1', port: 80 })
    expect(() => getaddrinfo('')).toThrow(AddressError)
    expect(() => getaddrinfo('localhost', 70_000)).toThrow(AddressError)
    expect(() => getnameinfo('localhost', 80)).toThrow(AddressError)
    const named = await getnameinfo('127.0.0.1', 22)
    expect(named.host.length).toBeGreaterThan(0)
    expect(named.service.length).toBeGreaterThan(0)
  }))
