import { gather, sleep, taskGroup } from '@loop/core'
import { expect, it } from 'vitest'
import { command, createSubprocessExec, lines, pipe, run } from '../src/index.ts'
import { descriptors, long, onEachLoop, onLoop, onLinux, until, zombies } from './support.ts'

const MIB = 1024 * 1024

onEachLoop('processes', (make) => {
  it('are many at the same time', { timeout: 60_000 }, () =>
    onLoop(async () => {
      const ids = Array.from({ length: 200 }, (_, id) => id)
      const all = await gather(
        ids.map((id) => async () => (await run('sh', ['-c', `echo ${id}; cat`], { input: 'x' })).stdout),
      )
      expect(all).toEqual(ids.map((id) => `${id}\nx`))
      expect(onLinux ? zombies() : []).toEqual([])
    }, make),
  )

  it.skipIf(!onLinux)('leave no descriptor, no listener and no zombie', { timeout: 240_000 }, () =>
    onLoop(async () => {
      const rounds = long ? 250 : 12
      const controller = new AbortController()
      const round = () =>
        gather(
          Array.from({ length: 8 }, (_, i) => async () => {
            if (i === 0) await run('true', [], { signal: controller.signal })
            else if (i === 1) await run('/nope').catch(() => {})
            else if (i === 2) await run('sleep', ['100'], { timeout: 10 }).catch(() => {})
            else if (i === 3) await pipe(command('echo', ['x']), command('cat'))
            else if (i === 4) await (await createSubprocessExec('cat', [], { stdin: 'pipe', stdout: 'pipe' })).close()
            else if (i === 5) for await (const line of lines('yes')) if (line !== '') break
            if (i > 5) await (await createSubprocessExec('true')).wait()
          }),
        )
      await round()
      await sleep(20)
      const before = descriptors()
      const listeners = () =>
        ['exit', 'SIGCHLD', 'beforeExit', 'uncaughtException'].map((name) => process.listenerCount(name))
      const listening = listeners()
      for (let i = 0; i < rounds; i++) await round()
      await until(() => descriptors() <= before)
      expect(listeners()).toEqual(listening)
      expect(zombies()).toEqual([])
    }, make),
  )

  it('are all ended when one of a group fails', () =>
    onLoop(async () => {
      await expect(
        taskGroup(async (group) => {
          for (let i = 0; i < 5; i++) group.createTask(() => run('sleep', ['100']))
          group.createTask(() => run('exit 1', [], { shell: true, check: true }))
          await sleep(10_000)
        }),
      ).rejects.toMatchObject({ errors: [{ name: 'CalledProcessError' }] })
    }, make))

  it.skipIf(!onLinux)(
    'that write much into a slow reader are slowed down, and memory stays bounded',
    { timeout: 240_000 },
    () =>
      onLoop(async () => {
        const before = process.memoryUsage.rss()
        const amount = (long ? 2_000 : 200) * MIB
        await using child = await createSubprocessExec('head', ['-c', String(amount), '/dev/zero'], { stdout: 'pipe' })
        // It cannot run ahead: the pipe, the reader and Node hold less than this together.
        await sleep(200)
        expect(child.returnCode).toBeNull()
        let received = 0
        let most = 0
        for await (const piece of child.stdout) {
          received += piece.length
          if (received % (32 * MIB) < piece.length) {
            await sleep(5)
            most = Math.max(most, process.memoryUsage.rss())
          }
        }
        expect(received).toBe(amount)
        expect(most - before).toBeLessThan(120 * MIB)
      }, make),
  )

  it.skipIf(!onLinux)('that read slowly slow their writers down', () =>
    onLoop(async (loop) => {
      await using child = await createSubprocessExec('sleep', ['100'], { stdin: 'pipe' })
      let written = 0
      const write = async () => {
        for (;;) {
          child.stdin.write(Buffer.alloc(65_536))
          written += 65_536
          await child.stdin.drain()
        }
      }
      const task = loop.createTask(write)
      await sleep(150)
      expect(written).toBeLessThan(2 * MIB)
      expect(child.stdin.transport.getWriteBufferSize()).toBeLessThan(MIB)
      task.cancel()
      await expect(task).rejects.toMatchObject({ name: 'CancelledError' })
    }, make),
  )
})
