import type { LoopFactory } from '@loop/core'
import { run as runLoop, sleep, timeout } from '@loop/core'
import { deterministicLoop } from '@loop/policy'
import { expect, it } from 'vitest'
import { command, createSubprocessExec, lines, pipe, run, subprocessExec } from '../src/index.ts'
import { FakeProcesses } from '../src/testing/index.ts'

const MINUTE = 60_000

/** Runs a main coroutine in virtual time, with programs that are made up. */
const inVirtualTime = <T>(fakes: FakeProcesses, main: () => Promise<T>, seed?: number): Promise<T> =>
  runLoop(main, {
    loopFactory: fakes.loopFactory(deterministicLoop(seed === undefined ? {} : { seed })) as LoopFactory,
  })

it('give what they were made up to give, in the time of the loop', async () => {
  const fakes = new FakeProcesses()
    .program('git', { stdout: 'abc123\n' })
    .program('make', { stderr: 'no rule', returnCode: 2, delay: 10 * MINUTE })
  await inVirtualTime(fakes, async () => {
    expect(await run('git', ['rev-parse', 'HEAD'])).toMatchObject({ returnCode: 0, stdout: 'abc123\n' })
    await expect(run('make', [], { check: true })).rejects.toMatchObject({ returnCode: 2, stderr: 'no rule' })
    await expect(run('cargo')).rejects.toMatchObject({ name: 'SpawnError', code: 'ENOENT' })
    await expect(run('ls', [], { shell: true })).rejects.toThrow('the shell is not made up')
  })
  expect(fakes.started).toEqual(['git rev-parse HEAD', 'make'])
})

it('are programs that read, write and wait', async () => {
  const fakes = new FakeProcesses()
    .program('upper', async (child) => {
      for await (const line of child.stdin.lines()) child.print(line.toString().toUpperCase())
      child.complain(`${child.args.join()} done`)
      return 3
    })
    .program('ticks', function* (child) {
      for (let i = 0; i < 3; i++) {
        yield* sleep(MINUTE)
        child.print(`${i}\n`)
      }
    })
  await inVirtualTime(fakes, async () => {
    const done = await run('upper', ['all'], { input: 'a\nb\n' })
    expect(done).toEqual({ command: 'upper all', returnCode: 3, stdout: 'A\nB\n', stderr: 'all done' })
    const got: string[] = []
    for await (const line of lines('ticks')) got.push(line)
    expect(got).toEqual(['0', '1', '2'])
    expect((await pipe(command('ticks'), command('upper', ['x']))).stdout).toBe('0\n1\n2\n')
    expect((await run('upper', [], { input: 'x', stderr: 'stdout' })).stdout).toBe('X done')
  })
})

it('end by timeouts and signals, after their grace', async () => {
  const fakes = new FakeProcesses()
    .program('polite', async () => sleep(10 * MINUTE).then(() => {}))
    .program('deaf', async (child) => {
      child.onSignal('SIGTERM', () => {
        child.print('no')
      })
      await sleep(10 * MINUTE)
    })
  await inVirtualTime(fakes, async () => {
    await expect(run('polite', [], { timeout: MINUTE })).rejects.toMatchObject({ name: 'ProcessTimeoutError' })
    await expect(timeout(MINUTE, () => run('deaf'))).rejects.toMatchObject({ name: 'TimeoutError' })
    await expect(run('deaf', [], { timeout: 1000 })).rejects.toMatchObject({ stdout: 'no' })
    const child = await createSubprocessExec('polite')
    child.sendSignal(2)
    expect(await child.wait()).toBe(-2)
    expect(() => {
      child.kill()
    }).toThrow('has ended')
  })
})

it('speak to protocols', async () => {
  const fakes = new FakeProcesses().program('date', { stdout: 'today\n', delay: 5 })
  const events: unknown[] = []
  await inVirtualTime(fakes, async () => {
    await subprocessExec(
      () => ({
        pipeDataReceived: (fd: number, bytes: Buffer) => events.push([fd, bytes.toString()]),
        processExited: () => events.push('exited'),
        connectionLost: () => events.push('lost'),
      }),
      'date',
    )
    await sleep(MINUTE)
  })
  expect(events).toHaveLength(3)
  expect(events).toContainEqual([1, 'today\n'])
  expect(events.at(-1)).toBe('lost')
})

it('are the same in every run of a seed', async () => {
  const trace = async (seed: number) => {
    const fakes = new FakeProcesses().program('work', async (child) => {
      await sleep(Number(child.args[0]) * 10)
      child.print(child.args[0]!)
    })
    const events: string[] = []
    await inVirtualTime(
      fakes,
      async () => {
        const jobs = ['3', '1', '2', '1'].map(async (n) => events.push((await run('work', [n])).stdout))
        await Promise.all(jobs)
      },
      seed,
    )
    return events
  }
  expect(await trace(7)).toEqual(await trace(7))
  expect([...(await trace(7))].sort()).toEqual(['1', '1', '2', '3'])
})
