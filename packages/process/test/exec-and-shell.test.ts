import { currentTask, getRunningLoop, sleep, timeout, waitFor } from '@loop/core'
import { IncompleteReadError } from '@loop/net'
import { once } from 'node:events'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { createSubprocessExec, createSubprocessShell, PIPE, STDOUT } from '../src/index.ts'
import { folder, onEachLoop, onLoop, onPosix, until } from './support.ts'

const MIB = 1024 * 1024

onEachLoop('a process', (make) => {
  it('is waited for, as often as wanted, and says how it ended', () =>
    onLoop(async () => {
      const child = await createSubprocessExec('sh', ['-c', 'exit 3'])
      expect(child.returnCode).toBeNull()
      expect(await Promise.all([child.wait(), child.wait()])).toEqual([3, 3])
      expect(await child.wait()).toBe(3)
      expect(child.returnCode).toBe(3)
      expect(inspect(child)).toBe(`Process(${child.pid}, sh -c 'exit 3', returnCode 3)`)
    }, make))

  it('may have ended before anybody waits, and its output is there', () =>
    onLoop(async () => {
      const child = await createSubprocessExec('echo', ['late'], { stdout: PIPE })
      await sleep(100)
      await until(() => child.returnCode !== null)
      expect(await waitFor(child.wait(), 5_000)).toBe(0)
      expect((await child.stdout.read()).toString()).toBe('late\n')
      expect(child.stdout.atEof()).toBe(true)
    }, make))

  it('takes its arguments as they are', () =>
    onLoop(async () => {
      const args = ['', ' ', '$HOME', '*', '"', "'", 'a\nb', 'ü']
      const child = await createSubprocessExec('node', ['-p', 'JSON.stringify(process.argv.slice(1))', '--', ...args], {
        stdout: 'pipe',
      })
      const [out] = await child.communicate()
      expect(JSON.parse(out!.toString())).toEqual(args)
    }, make))

  it('gets a directory and an environment', () =>
    onLoop(async () => {
      const cwd = folder()
      const options = {
        cwd: pathToFileURL(cwd),
        env: { NAME: 'value', PATH: process.env.PATH },
        stdout: 'pipe',
      } as const
      const child = await createSubprocessShell('pwd; echo $NAME; echo ${HOME-none}', options)
      const [out] = await child.communicate()
      expect(out!.toString().split('\n').slice(1)).toEqual(['value', 'none', ''])
      expect(out!.toString()).toContain(cwd.split('/').at(-1))
    }, make))

  it('has what it writes to both outputs in one pipe, in order', () =>
    onLoop(async () => {
      const script = 'for i in 1 2 3; do echo out $i; echo err $i >&2; done'
      const options = { stdout: PIPE, stderr: STDOUT } as const
      const expected = [1, 2, 3].map((i) => `out ${i}\nerr ${i}\n`).join('')
      const exec = await createSubprocessExec('sh', ['-c', script], options)
      expect((await exec.communicate())[0]?.toString()).toBe(expected)
      const shell = await createSubprocessShell(script, options)
      expect(shell.stderr).toBeNull()
      expect((await shell.communicate())[0]?.toString()).toBe(expected)
    }, make))

  it('is spoken with line by line', () =>
    onLoop(async () => {
      await using child = await createSubprocessExec('cat', [], { stdin: 'pipe', stdout: 'pipe' })
      for (const word of ['one', 'two']) {
        child.stdin.write(Buffer.from(`${word}\n`))
        await child.stdin.drain()
        expect((await child.stdout.readLine()).toString()).toBe(`${word}\n`)
      }
      child.stdin.writeEof()
      expect((await child.stdout.read()).length).toBe(0)
      expect(await child.wait()).toBe(0)
    }, make))

  it('takes and gives much at the same time', { timeout: 60_000 }, () =>
    onLoop(async () => {
      const bytes = Buffer.alloc((process.env.LOOP_LONG === undefined ? 16 : 64) * MIB, 'loop')
      const child = await createSubprocessExec('cat', [], { stdin: 'pipe', stdout: 'pipe' })
      const [out] = await child.communicate(bytes)
      expect(out!.equals(bytes)).toBe(true)
    }, make),
  )

  it('that takes no input makes no error of it', () =>
    onLoop(async () => {
      const child = await createSubprocessExec('true', [], { stdin: 'pipe', stdout: 'pipe' })
      expect(await child.communicate(Buffer.alloc(MIB))).toEqual([Buffer.alloc(0), null])
      expect(child.returnCode).toBe(0)
    }, make))

  it('that has ended is a lost connection for who writes and drains', () =>
    onLoop(async () => {
      const child = await createSubprocessExec('true', [], { stdin: 'pipe' })
      await child.wait()
      await until(() => child.stdin.isClosing())
      child.stdin.write(Buffer.alloc(MIB))
      await expect(child.stdin.drain()).rejects.toMatchObject({ name: 'ConnectionLostError' })
    }, make))

  it('is killed while it is communicated with', () =>
    onLoop(async (loop) => {
      const child = await createSubprocessExec('cat', [], { stdin: 'pipe', stdout: 'pipe' })
      child.stdin.write(Buffer.from('before'))
      const reading = loop.createTask(async () => child.stdout.read())
      await sleep(20)
      child.kill()
      expect((await reading).toString()).toBe('before')
      expect(await child.communicate()).toEqual([Buffer.alloc(0), null])
      expect(child.returnCode).toBe(-9)
    }, make))

  it('loses nothing when communicate is cancelled and called again', () =>
    onLoop(async (loop) => {
      const child = await createSubprocessShell('echo first; read x; echo $x', { stdin: 'pipe', stdout: 'pipe' })
      const first = loop.createTask(async () => child.stdout.read())
      await sleep(50)
      first.cancel()
      await expect(first).rejects.toMatchObject({ name: 'CancelledError' })
      expect(child.returnCode).toBeNull()
      const [out] = await child.communicate('second\n')
      expect(out!.toString()).toBe('first\nsecond\n')
      const again = await createSubprocessShell('echo first; sleep 0.1; echo second', { stdout: 'pipe' })
      await expect(timeout(30, () => again.communicate())).rejects.toMatchObject({ name: 'TimeoutError' })
      expect((await again.communicate())[0]!.toString()).toBe('first\nsecond\n')
    }, make))

  it('is left alone by a wait that is cancelled', () =>
    onLoop(async () => {
      await using child = await createSubprocessExec('sleep', ['100'])
      await expect(waitFor(child.wait(), 20)).rejects.toMatchObject({ name: 'TimeoutError' })
      expect(child.returnCode).toBeNull()
      child.terminate()
      expect(await child.wait()).toBe(-15)
    }, make))

  it('gets signals by name and by number, also from outside', () =>
    onLoop(async () => {
      const child = await createSubprocessShell('trap "echo usr1" USR1; echo ready; while :; do sleep 0.01; done', {
        stdout: 'pipe',
      })
      expect((await child.stdout.readLine()).toString()).toBe('ready\n')
      child.sendSignal('SIGUSR1')
      expect((await child.stdout.readLine()).toString()).toBe('usr1\n')
      process.kill(child.pid, 'SIGINT')
      expect(await child.wait()).toBe(-2)
      expect(() => {
        child.sendSignal(15)
      }).toThrow(expect.objectContaining({ name: 'ProcessLookupError', code: 'ESRCH' }))
      await child.close()
    }, make))

  it('may be closed with its output unread', () =>
    onLoop(async () => {
      const child = await createSubprocessExec('yes', [], { stdout: 'pipe', stderr: 'pipe' })
      await child.stdout.readLine()
      await child.close()
      expect(child.returnCode).toBe(-15)
      await child.close()
    }, make))

  it('gives its reader what it had written when it ended', () =>
    onLoop(async () => {
      const child = await createSubprocessExec('sh', ['-c', 'printf 12345'], { stdout: 'pipe' })
      await child.wait()
      const failure = await child.stdout.readExactly(10).catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(IncompleteReadError)
      expect((failure as IncompleteReadError).partial.toString()).toBe('12345')
    }, make))

  it('is of the task that reads it, after each piece', () =>
    onLoop(async (loop) => {
      const reading = loop.createTask(
        async () => {
          const tasks = []
          await using child = await createSubprocessShell('for i in 1 2 3; do echo $i; sleep 0.02; done', {
            stdout: 'pipe',
          })
          for await (const piece of child.stdout) tasks.push([piece.toString(), currentTask()?.getName()])
          await child.wait()
          tasks.push(['end', currentTask()?.getName(), getRunningLoop() === loop])
          return tasks
        },
        { name: 'reader' },
      )
      const tasks = await reading
      expect(tasks.at(-1)).toEqual(['end', 'reader', true])
      expect(tasks.map(([, name]) => name).every((name) => name === 'reader')).toBe(true)
    }, make))
})

it.skipIf(!onPosix)('cannot be started: the call says why', () =>
  onLoop(async () => {
    const forbidden = join(folder(), 'plain')
    writeFileSync(forbidden, '#!/bin/sh\n')
    chmodSync(forbidden, 0o644)
    const plain = join(folder(), 'file')
    writeFileSync(plain, '')
    for (const stderr of ['inherit', 'stdout'] as const) {
      const attempt = (program: string, cwd?: string) =>
        createSubprocessExec(program, [], {
          stdout: 'pipe',
          stdin: 'pipe',
          stderr,
          ...(cwd === undefined ? {} : { cwd }),
        })
      await expect(attempt('/nope/program')).rejects.toMatchObject({
        name: 'SpawnError',
        code: 'ENOENT',
        errno: -2,
        path: '/nope/program',
      })
      await expect(attempt('no-such-program-here')).rejects.toMatchObject({ code: 'ENOENT' })
      await expect(attempt('ls -l')).rejects.toThrow('arguments are a list of their own')
      await expect(attempt(forbidden)).rejects.toMatchObject({ code: 'EACCES', path: forbidden })
      await expect(attempt('/')).rejects.toMatchObject({ code: 'EACCES' })
      await expect(attempt('ls', '/nope')).rejects.toMatchObject({ code: 'ENOENT', path: '/nope' })
      await expect(attempt('ls', '/nope')).rejects.toThrow('the working directory /nope does not exist')
      await expect(attempt('ls', plain)).rejects.toThrow('is not a directory')
    }
    await expect(createSubprocessExec('echo', ['x'.repeat(3_000_000)])).rejects.toMatchObject({ code: 'E2BIG' })
  }),
)

it.skipIf(!onPosix)('refuses what cannot be meant, at the call', () =>
  onLoop(async () => {
    const refused = (call: () => PromiseLike<unknown>, message: string) => {
      expect(call).toThrow(message)
    }
    refused(() => createSubprocessExec(7 as never), 'a program is a text, got 7')
    refused(() => createSubprocessExec(''), 'a program must not be empty')
    refused(() => createSubprocessExec('a\0b'), 'no zero byte')
    refused(() => createSubprocessExec('ls', 'x' as never), 'a list of texts')
    refused(() => createSubprocessExec('ls', [1] as never), 'an argument is a text, got 1')
    refused(() => createSubprocessExec('ls', [], { stdout: 'file' as never }), "stdout is 'pipe'")
    refused(() => createSubprocessExec('ls', [], { cwd: new URL('https://example.org/') }), 'scheme file:')
    refused(() => createSubprocessExec('ls', [], { env: 3 as never }), 'env is an object')
    for (const call of [{ grace: -1 }, { grace: NaN }, { signal: {} }])
      await expect(createSubprocessExec('true', [], call as never)).rejects.toThrow(/grace|signal/)
    const child = await createSubprocessExec('true')
    expect(() => child.communicate('input')).toThrow("stdin: 'pipe'")
    expect(() => child.communicate(3 as never)).toThrow('input is text or bytes')
    await child.wait()
  }),
)

it.skipIf(!onPosix)('inherits descriptors and streams that are passed to it', () =>
  onLoop(async (loop) => {
    const { createWriteStream, openSync, closeSync, readFileSync } = await import('node:fs')
    const path = join(folder(), 'out')
    const fd = openSync(path, 'a')
    const first = await createSubprocessExec('echo', ['by descriptor'], { stdout: fd })
    await first.wait()
    closeSync(fd)
    const stream = createWriteStream(path, { flags: 'a' })
    await loop.wrap(once(stream, 'open'))
    const second = await createSubprocessExec('echo', ['by stream'], { stdout: stream })
    await second.wait()
    stream.destroy()
    expect(readFileSync(path, 'utf8')).toBe('by descriptor\nby stream\n')
  }),
)
