import { sleep, waitFor } from '@loop/core'
import { getEventListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { CalledProcessError, ProcessTimeoutError, run } from '../src/index.ts'
import { collectErrors, folder, isRunning, onEachLoop, onLoop, onPosix } from './support.ts'

onEachLoop('run', (make) => {
  it('gives the return code and the text of both outputs', () =>
    onLoop(async () => {
      const done = await run('echo out; echo err >&2; exit 3', [], { shell: true })
      expect(done).toEqual({
        command: 'echo out; echo err >&2; exit 3',
        returnCode: 3,
        stdout: 'out\n',
        stderr: 'err\n',
      })
      expectTypeOf(done.stdout).toEqualTypeOf<string>()
    }, make))

  it('gives bytes, or nothing, when asked to', () =>
    onLoop(async () => {
      const bytes = await run('printf', ['\\377'], { encoding: 'buffer', stderr: 'ignore' })
      expect(bytes.stdout).toEqual(Buffer.from([255]))
      expect(bytes.stderr).toBeNull()
      expectTypeOf(bytes.stdout).toEqualTypeOf<Buffer>()
      expectTypeOf(bytes.stderr).toEqualTypeOf<null>()
    }, make))

  it('gives the command its input: text, bytes, a stream, pieces that come; nothing by default', () =>
    onLoop(async () => {
      async function* pieces() {
        for (const piece of ['one ', Buffer.from('two ')]) {
          await sleep(5)
          yield piece
        }
      }
      const read = async (input?: Parameters<typeof run>[2]) => (await run('cat', [], input)).stdout
      expect(await read()).toBe('')
      expect(await read({ input: 'text' })).toBe('text')
      expect(await read({ input: Buffer.from('bytes') })).toBe('bytes')
      expect(await read({ input: Readable.from(['a', 'b']) })).toBe('ab')
      expect(await read({ input: pieces() })).toBe('one two ')
    }, make))

  it('needs no input to be taken, however long it is, and waits for no more of it', () =>
    onLoop(async () => {
      function* endless() {
        for (;;) yield Buffer.alloc(65_536)
      }
      async function* silent() {
        yield 'first'
        await new Promise(() => {})
      }
      expect((await run('true', [], { input: Buffer.alloc(1024 * 1024) })).returnCode).toBe(0)
      expect((await run('head', ['-c', '3'], { input: endless() })).stdout).toHaveLength(3)
      expect((await run('head', ['-c', '3'], { input: silent() })).stdout).toBe('fir')
    }, make))

  it('throws what its input throws, and ends the command', () =>
    onLoop(async () => {
      async function* broken() {
        yield '$$'
        await sleep(1)
        throw new Error('no more')
      }
      await expect(run('cat', [], { input: broken() })).rejects.toThrow('no more')
      await expect(run('cat', [], { input: [3] as never })).rejects.toThrow('a piece of input is text or bytes, got 3')
    }, make))

  it('writes output to files, descriptors and streams', () =>
    onLoop(async () => {
      const file = join(folder(), 'out')
      await run('echo', ['one'], { stdout: { file } })
      await run('echo two; echo three >&2', [], { shell: true, stdout: { file, append: true }, stderr: 'stdout' })
      expect(readFileSync(file, 'utf8')).toBe('one\ntwo\nthree\n')
      let written = ''
      const stream = new Writable({
        highWaterMark: 10,
        write(chunk: Buffer, _encoding, done) {
          written += chunk.toString()
          setTimeout(done, 1)
        },
      })
      const { stdout } = await run('seq', ['5000'], { stdout: stream })
      expect(stdout).toBeNull()
      expect(written).toHaveLength(23_893)
      expect(stream.writableEnded).toBe(false)
      await expect(run('echo', [], { stdout: { file: '/nope/file' } })).rejects.toMatchObject({ code: 'ENOENT' })
    }, make))

  it('ends the command when the stream for its output breaks', () =>
    onLoop(async () => {
      const stream = new Writable({
        write(_chunk, _encoding, done) {
          done(new Error('disk full'))
        },
      })
      stream.on('error', () => {})
      await expect(run('yes', [], { stdout: stream })).rejects.toThrow('disk full')
    }, make))

  it('fails for a return code when it is to check', () =>
    onLoop(async () => {
      const failure = await run('echo half; echo because >&2; exit 7', [], { shell: true, check: true }).catch(
        (error: unknown) => error,
      )
      expect(failure).toBeInstanceOf(CalledProcessError)
      expect(failure).toMatchObject({ returnCode: 7, stdout: 'half\n', stderr: 'because\n' })
      expect((failure as Error).message).toBe('echo half; echo because >&2; exit 7 ended with exit code 7:\nbecause')
      await expect(run('kill -9 $$', [], { shell: true, check: true })).rejects.toThrow('was ended by signal 9')
    }, make))

  it('ends a command that takes too long, and gives what it had written', () =>
    onLoop(async () => {
      const failure = await run('echo so far; sleep 100', [], { shell: true, timeout: 1500 }).catch(
        (error: unknown) => error,
      )
      expect(failure).toBeInstanceOf(ProcessTimeoutError)
      expect(failure).toMatchObject({ name: 'ProcessTimeoutError', timeout: 1500, stdout: 'so far\n' })
    }, make))

  it('ends although somebody who has left the tree holds its output', () =>
    onLoop(async () => {
      const script = 'setsid sleep 100 & echo $!; sleep 100'
      const failure = await run(script, [], { shell: true, timeout: 1500 }).catch((error: unknown) => error)
      const pid = Number((failure as ProcessTimeoutError).stdout)
      expect(isRunning(pid)).toBe(true)
      process.kill(pid, 'SIGKILL')
    }, make))

  it('throws the reason of its signal', () =>
    onLoop(async (loop) => {
      const controller = new AbortController()
      loop.callLater(50, () => {
        controller.abort(new Error('not needed'))
      })
      await expect(run('sleep', ['100'], { signal: controller.signal })).rejects.toThrow('not needed')
      await expect(run('sleep', ['100'], { signal: controller.signal })).rejects.toThrow('not needed')
      const unused = new AbortController()
      await run('true', [], { signal: unused.signal })
      expect(getEventListeners(unused.signal, 'abort')).toEqual([])
    }, make))

  it('is awaited in generator tasks, too', () =>
    onLoop(async (loop) => {
      const task = loop.createTask(function* () {
        const { stdout } = yield* run('echo', ['generator'])
        return stdout
      })
      expect(await task).toBe('generator\n')
      const cancelled = loop.createTask(function* () {
        yield* run('sleep', ['100'])
      })
      await sleep(30)
      cancelled.cancel()
      await expect(cancelled).rejects.toMatchObject({ name: 'CancelledError' })
      await expect(waitFor(() => run('sleep', ['100']), 30)).rejects.toMatchObject({ name: 'TimeoutError' })
    }, make))
})

describe.skipIf(!onPosix)('run', () => {
  it('refuses what cannot be meant, at the call or before it starts anything', () =>
    onLoop(async () => {
      expect(() => run('cat', [], { input: 3 as never })).toThrow('input is text, bytes')
      expect(() => run('cat', [], { input: '', stdin: 'inherit' })).toThrow('either input or stdin')
      expect(() => run('cat', [], { timeout: 0 })).toThrow('above 0')
      expect(() => run('cat', [], { encoding: 'utf9' as never })).toThrow("encoding is one of Buffer's")
      await expect(run('cat', [], { stdout: 'nowhere' as never })).rejects.toThrow("stdout is 'capture'")
      await expect(run('cat', ['x'], { shell: true })).rejects.toThrow('no list of arguments')
      await expect(run('/nope')).rejects.toMatchObject({ name: 'SpawnError' })
    }))

  it('reports nothing of what it ends', () =>
    onLoop(async (loop) => {
      const errors = collectErrors(loop)
      for (let i = 0; i < 5; i++) await run('yes', [], { timeout: 20, stderr: 'stdout' }).catch(() => {})
      await sleep(150)
      expect(errors).toEqual([])
    }))
})
