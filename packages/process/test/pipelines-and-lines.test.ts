import { currentTask, sleep, timeout } from '@loop/core'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { command, lines, pipe } from '../src/index.ts'
import { folder, onEachLoop, onLoop } from './support.ts'

onEachLoop('a pipeline', (make) => {
  const onBoth = (main: () => Promise<void>) => onLoop(main, make)

  it('has each command read what the one before it writes', () =>
    onBoth(async () => {
      const words = ['pear', 'apple', 'pear', 'fig'].join('\n')
      const done = await pipe(command('cat'), command('sort'), command('uniq', ['-c']), { input: words })
      expect(done.stdout.trim().split(/\s+/)).toEqual(['1', 'apple', '1', 'fig', '2', 'pear'])
      expect(done.returnCodes).toEqual([0, 0, 0])
      expect(done.command).toBe('cat | sort | uniq -c')
    }))

  it('ends when its last command takes no more', () =>
    onBoth(async () => {
      const done = await pipe(command('yes'), command('cat'), command('head', ['-n', '2']), { check: true })
      expect(done.stdout).toBe('y\ny\n')
      expect(done.returnCodes[2]).toBe(0)
      expect(done.returnCodes[0]).not.toBe(0)
    }))

  it('carries much, byte for byte', () =>
    onBoth(async () => {
      const { stdout } = await pipe(
        command('head', ['-c', '20000000', '/dev/zero']),
        command('cat'),
        command('wc', ['-c']),
      )
      expect(Number(stdout)).toBe(20_000_000)
    }))

  it('fails when one of its commands does, with its complaint', () =>
    onBoth(async () => {
      const broken = command('echo bad >&2; exit 5', [], { shell: true })
      const done = await pipe(broken, command('cat'))
      expect(done).toMatchObject({ returnCode: 0, returnCodes: [5, 0], stderr: 'bad\n' })
      await expect(pipe(broken, command('cat'), { check: true })).rejects.toMatchObject({
        name: 'CalledProcessError',
        returnCode: 5,
        message: 'echo bad >&2; exit 5 ended with exit code 5:\nbad',
      })
    }))

  it('cannot be started when one of its commands cannot, and leaves none', () =>
    onBoth(async () => {
      for (const place of [0, 1, 2]) {
        const commands = [command('yes'), command('cat'), command('cat')]
        commands[place] = command('/nope')
        await expect(pipe(...commands)).rejects.toMatchObject({ name: 'SpawnError', path: '/nope' })
      }
    }))

  it('ends with its timeout, and with its task', () =>
    onBoth(async () => {
      await expect(pipe(command('yes'), command('cat'), { stdout: 'ignore', timeout: 100 })).rejects.toMatchObject({
        name: 'ProcessTimeoutError',
        command: 'yes | cat',
      })
      const sleeping = () => pipe(command('sleep', ['100']), command('cat'))
      await expect(timeout(50, sleeping)).rejects.toMatchObject({ name: 'TimeoutError' })
    }))

  it('puts errors where they are to go', () =>
    onBoth(async () => {
      const file = join(folder(), 'log')
      const loud = command('echo in; echo err >&2', [], { shell: true, stderr: 'stdout' })
      const other = command('cat; echo log >&2', [], { shell: true, stderr: { file } })
      const done = await pipe(loud, other)
      expect(done).toMatchObject({ stdout: 'in\nerr\n', stderr: null })
      expect(readFileSync(file, 'utf8')).toBe('log\n')
    }))

  it('is made of commands', () =>
    onLoop(async () => {
      expect(() => pipe()).toThrow('at least one command')
      expect(() => pipe('ls' as never, command('cat'))).toThrow("a pipeline is made of commands, got 'ls'")
    }, make))
})

onEachLoop('the lines of a program', (make) => {
  it('come one by one, as text without their ends', () =>
    onLoop(async (loop) => {
      const got: unknown[] = []
      const task = loop.createTask(
        async () => {
          for await (const line of lines('printf', ['a\\r\\n\\nü\\nlast'])) got.push(line, currentTask()?.getName())
        },
        { name: 'reader' },
      )
      await task
      expect(got).toEqual(['a', 'reader', '', 'reader', 'ü', 'reader', 'last', 'reader'])
    }, make))

  it('end with the loop that reads them, and so does the program', () =>
    onLoop(async () => {
      let count = 0
      for await (const line of lines('yes', ['x'])) {
        expect(line).toBe('x')
        if (++count === 1000) break
      }
      const reading = async () => {
        for await (const line of lines('echo $$; sleep 100', [], { shell: true })) count = Number(line)
      }
      await expect(timeout(300, reading)).rejects.toMatchObject({ name: 'TimeoutError' })
      expect(() => process.kill(count, 0)).toThrow('ESRCH')
    }, make))

  it('are followed by an error when the program fails', () =>
    onLoop(async () => {
      const got: string[] = []
      const reading = async (options = {}) => {
        for await (const line of lines('echo one; echo why >&2; exit 4', [], { shell: true, ...options }))
          got.push(line)
      }
      await expect(reading()).rejects.toMatchObject({ returnCode: 4, stderr: 'why\n' })
      await reading({ check: false })
      await expect(reading({ stderr: 'stdout' })).rejects.toMatchObject({ returnCode: 4 })
      expect(got).toEqual(['one', 'one', 'one', 'why'])
    }, make))

  it('are as long as their limit, and the program is ended at a longer one', () =>
    onLoop(async () => {
      const reading = async () => {
        for await (const line of lines('printf %1000d 1; sleep 100', [], { shell: true, limit: 100 })) void line
      }
      await expect(reading()).rejects.toMatchObject({ name: 'LimitOverrunError' })
      await sleep(0)
    }, make))
})
