import { sleep } from '@loop/core'
import { describe, expect, test } from 'vitest'
import type { FileSystem, World } from '../src/index.ts'
import { simulate } from '../src/index.ts'

const code = (error: unknown): string => (error as { code?: string }).code ?? String(error)

/** Runs a body with the disk of a host that does nothing else. */
const onDisk = (body: (disk: FileSystem, world: World) => Promise<void>, runs = 1): Promise<unknown> =>
  simulate(
    async (world) => {
      const host = world.host('store', () => sleep(1e9))
      await sleep(1)
      await body(host.disk, world)
    },
    { runs },
  )

describe('files', () => {
  test('are written, read, renamed and removed as those of Node are', async () => {
    await onDisk(async (disk) => {
      await disk.mkdir('/data/jobs', { recursive: true })
      await disk.writeFile('/data/jobs/a', 'one')
      await disk.appendFile('/data/jobs/a', ' two')
      expect(await disk.readFile('/data/jobs/a', 'utf8')).toBe('one two')
      expect(await disk.readFile('/data/jobs/a')).toEqual(Buffer.from('one two'))
      await disk.rename('/data/jobs/a', '/data/jobs/b')
      expect(await disk.readdir('/data/jobs')).toEqual(['b'])
      expect((await disk.stat('/data/jobs/b')).size).toBe(7)
      await disk.truncate('/data/jobs/b', 3)
      expect(await disk.readFile('/data/jobs/b', 'utf8')).toBe('one')
      await disk.rename('/data', '/old')
      expect(await disk.readdir('/old/jobs')).toEqual(['b'])
      await disk.rm('/old', { recursive: true })
      expect(await disk.readdir('/')).toEqual([])
    })
  })

  test('fail with the errors of Node', async () => {
    await onDisk(async (disk) => {
      await disk.mkdir('/dir')
      await disk.writeFile('/file', '')
      const fails = async (what: PromiseLike<unknown>): Promise<string> => await what.then(() => 'no error', code)
      expect(await fails(disk.readFile('/none'))).toBe('ENOENT')
      expect(await fails(disk.writeFile('/none/a', ''))).toBe('ENOENT')
      expect(await fails(disk.writeFile('/file/a', ''))).toBe('ENOTDIR')
      expect(await fails(disk.readFile('/dir'))).toBe('EISDIR')
      expect(await fails(disk.open('/file', 'wx'))).toBe('EEXIST')
      expect(await fails(disk.mkdir('/dir'))).toBe('EEXIST')
      expect(await fails(disk.readdir('/file'))).toBe('ENOTDIR')
      expect(await fails(disk.unlink('/dir'))).toBe('EISDIR')
      expect(await fails(disk.rm('/none', { force: true }))).toBe('no error')
      const file = await disk.open('/file')
      expect(await fails(file.write('x'))).toBe('EBADF')
      await file.close()
      expect(await fails(file.read(Buffer.alloc(1)))).toBe('EBADF')
    })
  })

  test('are read and written at positions', async () => {
    await onDisk(async (disk) => {
      await using file = await disk.open('/file', 'w+')
      await file.write('hello')
      await file.write(Buffer.from('xJy'), 1, 1, 0)
      const into = Buffer.alloc(10)
      expect(await file.read(into, 2, 3, 0)).toMatchObject({ bytesRead: 3 })
      expect(into.toString('utf8', 2, 5)).toBe('Jel')
      await file.write('end', 8)
      expect(await disk.readFile('/file', 'latin1')).toBe('Jello\0\0\0end')
    })
  })
})

describe('a crash', () => {
  test('keeps what was synced, and any part of the rest', async () => {
    const found = new Set<string>()
    await onDisk(async (disk, world) => {
      await disk.writeFile('/file', 'safe.', { flush: true })
      await disk.appendFile('/file', 'maybe')
      world.restart('store')
      await sleep(1)
      found.add(await disk.readFile('/file', 'utf8'))
    }, 40)
    for (const content of found) expect('safe.maybe'.startsWith(content) && content.startsWith('safe.')).toBe(true)
    // All of it, nothing, and torn.
    expect(found.has('safe.maybe') && found.has('safe.') && found.size > 2).toBe(true)
  })

  test('leaves zeros where a write before a kept one was lost', async () => {
    const found = new Set<string>()
    await onDisk(async (disk, world) => {
      const file = await disk.open('/file', 'w')
      await file.sync()
      await file.write('11111')
      await file.write('22222')
      world.restart('store')
      await sleep(1)
      found.add(await disk.readFile('/file', 'latin1'))
    }, 60)
    expect(found).toContain('\0\0\0\0\x0022222')
  })

  test('loses the last changes of names, never one in between', async () => {
    await onDisk(async (disk, world) => {
      for (const name of ['a', 'b', 'c']) await disk.writeFile(`/${name}`, name)
      await disk.rename('/a', '/d')
      world.restart('store')
      await sleep(1)
      const names = (await disk.readdir('/')).join('')
      expect(['', 'a', 'ab', 'abc', 'bcd']).toContain(names)
    }, 40)
  })

  test('replaces a file as a whole, where it was synced before it was renamed', async () => {
    await onDisk(async (disk, world) => {
      await disk.writeFile('/file', 'old', { flush: true })
      await disk.writeFile('/new', 'new content', { flush: true })
      await disk.rename('/new', '/file')
      world.restart('store')
      await sleep(1)
      expect(['old', 'new content']).toContain(await disk.readFile('/file', 'utf8'))
    }, 20)
  })

  test('of a process alone loses nothing', async () => {
    await onDisk(async (disk, world) => {
      await disk.writeFile('/file', 'not synced')
      world.restart('store', { disk: 'keep' })
      await sleep(1)
      expect(await disk.readFile('/file', 'utf8')).toBe('not synced')
    }, 10)
  })
})

describe('a disk', () => {
  test('is full at some time', async () => {
    await onDisk(async (disk, world) => {
      world.setDisk('store', { capacity: 10 })
      await disk.writeFile('/file', '12345678')
      await expect(Promise.resolve(disk.appendFile('/file', '9012'))).rejects.toMatchObject({ code: 'ENOSPC' })
      await disk.appendFile('/file', '90')
      world.healAll()
      await disk.appendFile('/file', '12')
      expect(await disk.readFile('/file', 'utf8')).toBe('123456789012')
    })
  })

  test('fails with EIO; after a sync that failed, the next one saves nothing of what was written before', async () => {
    await onDisk(async (disk, world) => {
      const file = await disk.open('/file', 'w')
      await file.sync()
      world.setDisk('store', { readError: 1, writeError: 1 })
      const fails = async (what: PromiseLike<unknown>): Promise<string> => await what.then(() => 'no error', code)
      expect(await fails(disk.readFile('/file'))).toBe('EIO')
      expect(await fails(file.write('x'))).toBe('EIO')
      world.setDisk('store', { readError: 0, writeError: 0, syncError: 1 })
      await file.truncate(0)
      await file.write('lost', 0)
      expect(await fails(file.sync())).toBe('EIO')
      world.setDisk('store', { syncError: 0 })
      await file.sync()
      expect(await disk.readFile('/file', 'utf8')).toContain('lost')
      world.restart('store')
      await sleep(1)
      expect(await disk.readFile('/file', 'utf8')).toBe('')
    }, 10)
  })

  test('takes time', async () => {
    await onDisk(async (disk, world) => {
      world.setDisk('store', { latency: 100, syncLatency: 5000 })
      const begun = world.now()
      await disk.writeFile('/file', 'x')
      expect(world.now() - begun).toBe(100)
      await disk.writeFile('/file', 'x', { flush: true })
      expect(world.now() - begun).toBe(5100)
    })
  })
})
