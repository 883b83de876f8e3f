import { EventLoop, sleep, timeout } from '@loop/core'
import { Program } from '@loop/test-kit'
import { describe, expect, it } from 'vitest'
import { createSubprocessExec, createSubprocessShell, run } from '../src/index.ts'
import { collectErrors, isRunning, onEachLoop, onLoop, onLinux, onPosix, until } from './support.ts'

/** A tree of two: prints both numbers, and waits for ever. `$trap` is what they do about signals. */
const tree = (trap = ':') => `${trap}; sh -c '${trap}; echo $$; while :; do sleep 0.05; done' & echo $$; wait`

/** Starts the tree and gives the numbers of its processes. */
async function startTree(
  script: string,
  options: { signal?: AbortSignal; grace?: number; processGroup?: boolean } = {},
) {
  const child = await createSubprocessShell(script, { ...options, stdout: 'pipe' })
  const pids = [await child.stdout.readLine(), await child.stdout.readLine()].map(Number)
  // Zero would be this very group.
  if (!pids.every((pid) => pid > 1)) throw new Error(`no numbers of processes: ${pids.join()}`)
  return { child, pids }
}

const dead = (pids: readonly number[]) => until(() => !pids.some(isRunning))

onEachLoop('the tree of a process ends', (make) => {
  it('with the block that holds it', () =>
    onLoop(async () => {
      const { child, pids } = await startTree(tree())
      {
        await using _held = child
      }
      expect(child.returnCode).toBe(-15)
      expect(pids.filter(isRunning)).toEqual([])
    }, make))

  it('with a task that is cancelled', () =>
    onLoop(async (loop) => {
      let pids: number[] = []
      const task = loop.createTask(async () => {
        const started = await startTree(tree())
        pids = started.pids
        await using child = started.child
        await child.wait()
      })
      await until(() => pids.length === 2)
      task.cancel()
      await expect(task).rejects.toMatchObject({ name: 'CancelledError' })
      expect(pids.filter(isRunning)).toEqual([])
    }, make))

  it('with a timeout around run, also under a reader of its output', () =>
    onLoop(async () => {
      const pids: number[] = []
      const listed = { write: (text: string) => pids.push(...text.trim().split('\n').map(Number)) }
      await expect(
        timeout(400, async () => {
          const { Writable } = await import('node:stream')
          const stdout = new Writable({
            write(chunk: Buffer, _encoding, done) {
              listed.write(chunk.toString())
              done()
            },
          })
          await run(tree(), [], { shell: true, stdout })
        }),
      ).rejects.toMatchObject({ name: 'TimeoutError' })
      expect(pids).toHaveLength(2)
      expect(pids.filter(isRunning)).toEqual([])
    }, make))

  it('by SIGKILL when it does not answer SIGTERM within the grace', () =>
    onLoop(async (loop) => {
      const { child, pids } = await startTree(tree("trap '' TERM"), { grace: 100 })
      const started = loop.time()
      await child.close()
      expect(loop.time() - started).toBeGreaterThan(90)
      expect(child.returnCode).toBe(-9)
      await dead(pids)
    }, make))

  it('whole, though its root answers SIGTERM and a child does not', () =>
    onLoop(async () => {
      const script = `sh -c 'trap "" TERM; echo $$; while :; do sleep 0.05; done' & echo $$; exec sleep 100`
      const { child, pids } = await startTree(script, { grace: 150 })
      await child.close()
      expect(child.returnCode).toBe(-15)
      await dead(pids)
    }, make))

  it('at once when the clean-up is cancelled', () =>
    onLoop(async (loop) => {
      const { child, pids } = await startTree(tree("trap '' TERM"), { grace: 60_000 })
      const task = loop.createTask(async () => {
        await using held = child
        await held.wait()
      })
      await sleep(10)
      task.cancel()
      await sleep(50)
      expect(pids.every(isRunning)).toBe(true)
      task.cancel('no time left')
      await expect(task).rejects.toMatchObject({ name: 'CancelledError' })
      expect(child.returnCode).toBe(-9)
      await dead(pids)
    }, make))

  it('though it was stopped', () =>
    onLoop(async () => {
      const { child, pids } = await startTree(tree(), { grace: 60_000 })
      for (const pid of pids) process.kill(pid, 'SIGSTOP')
      await child.close()
      expect(child.returnCode).toBe(-15)
      await dead(pids)
    }, make))

  it('when a signal aborts', () =>
    onLoop(async () => {
      const controller = new AbortController()
      const { child, pids } = await startTree(tree(), { signal: controller.signal })
      controller.abort()
      expect(await child.wait()).toBe(-15)
      await dead(pids)
      await child.close()
      const aborted = createSubprocessExec('true', [], { signal: AbortSignal.abort(new Error('too late')) })
      await expect(aborted).rejects.toThrow('too late')
    }, make))

  it('also when its root has ended and a child holds the output', () =>
    onLoop(async () => {
      const { child, pids } = await startTree(`sh -c 'echo $$; sleep 100; :' & echo $$`)
      expect(await child.wait()).toBe(0)
      await child.close()
      await dead(pids)
    }, make))

  it('with its loop', async () => {
    const loop = make()
    const pids = await loop.runUntilComplete(async () => (await startTree(tree("trap '' TERM"))).pids)
    expect(pids.every(isRunning)).toBe(true)
    loop.close()
    while (pids.some(isRunning)) await new Promise((resolve) => setTimeout(resolve, 5))
  })
})

describe.skipIf(!onPosix)('a process', () => {
  it('that ended by itself leaves what it has started in the background alone', () =>
    onLoop(async () => {
      const { stdout } = await run('sleep 100 >/dev/null 2>&1 & echo $!', [], { shell: true })
      const pid = Number(stdout)
      expect(isRunning(pid)).toBe(true)
      process.kill(pid, 'SIGKILL')
    }))

  it('without a group of its own ends alone', () =>
    onLoop(async () => {
      const { child, pids } = await startTree(tree(), { processGroup: false })
      await child.close()
      expect(child.returnCode).toBe(-15)
      const left = pids.filter(isRunning)
      expect(left).toHaveLength(1)
      process.kill(left[0]!, 'SIGKILL')
    }))

  it('that nobody may end is left, and that is reported', async () => {
    const loop = new EventLoop()
    await loop.runUntilComplete(async () => {
      const errors = collectErrors(loop)
      const child = await createSubprocessExec('sleep', ['0.3'])
      const kill = process.kill.bind(process)
      process.kill = (() => {
        throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' })
      }) as typeof process.kill
      try {
        await child.close()
      } finally {
        process.kill = kill
      }
      expect(errors.map(({ message }) => message)).toEqual([
        `process ${child.pid} could not be ended by SIGTERM; it is left running`,
      ])
      expect(await child.wait()).toBe(0)
    })
    loop.close()
  })

  it.each(['exit', 'error', 'end'])('is killed when this process ends by %s', async (how) => {
    await using program = new Program(new URL('programs/parent.ts', import.meta.url), [how])
    const { lines } = await program.end()
    const pids = lines.map(Number)
    expect(pids).toHaveLength(2)
    while (pids.some(isRunning)) await new Promise((resolve) => setTimeout(resolve, 5))
  })

  it.skipIf(!onLinux)('leads a session of its own, unless it talks to a terminal', () =>
    onLoop(async () => {
      const group = async (processGroup?: boolean) => {
        const options = {
          stdin: 'ignore',
          stdout: 'pipe',
          ...(processGroup === undefined ? {} : { processGroup }),
        } as const
        const child = await createSubprocessExec('ps', ['-o', 'pgid=', '-p', String(process.pid)], options)
        void child
        const { stdout } = await run('ps -o pgid= -p $$', [], {
          shell: true,
          ...(processGroup === undefined ? {} : { processGroup }),
        })
        await child.communicate()
        return Number(stdout)
      }
      const mine = Number((await run('ps', ['-o', 'pgid=', '-p', String(process.pid)])).stdout)
      expect(await group()).not.toBe(mine)
      expect(await group(false)).toBe(mine)
    }),
  )
})
