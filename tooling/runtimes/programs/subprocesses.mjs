// Subprocesses on each runtime: streams, commands, pipelines, errors, and the end of trees.

import { readFileSync } from 'node:fs'
import process from 'node:process'
import { run as runLoop, sleep, timeout } from '@loop/core'
import { command, createSubprocessExec, createSubprocessShell, lines, pipe, run, subprocessExec } from '@loop/process'
import { report, same } from './report.mjs'

const inLoop = (/** @type {() => Promise<unknown>} */ main) => () => runLoop(async () => void (await main()))

/** Whether a process runs; on Linux the dead stay until somebody has waited for them. */
function isRunning(/** @type {number} */ pid) {
  try {
    process.kill(pid, 0)
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH' && process.platform !== 'linux'
  }
}

const nameOf = (/** @type {Error & { code?: string }} */ { name, code }) => `${name} ${code ?? ''}`.trim()

/** @type {Record<string, () => Promise<unknown>>} */
const checks = {
  'a command gives its output, its errors and its return code': async () => {
    const done = await run('echo out; echo err >&2; exit 3', [], { shell: true })
    same([done.stdout, done.stderr, done.returnCode], ['out\n', 'err\n', 3])
  },
  'input reaches a command, and much of it comes back': async () => {
    const input = Buffer.alloc(4_000_000, 'loop')
    const { stdout } = await run('cat', [], { input, encoding: 'buffer' })
    same(stdout.equals(input), true)
  },
  'a process is spoken with line by line': async () => {
    const child = await createSubprocessExec('cat', [], { stdin: 'pipe', stdout: 'pipe' })
    child.stdin.write(Buffer.from('one\n'))
    same((await child.stdout.readLine()).toString(), 'one\n')
    same((await child.communicate('two'))[0]?.toString(), 'two')
    same(await child.wait(), 0)
  },
  'a process that does not read its input is no error': async () => {
    const child = await createSubprocessExec('true', [], { stdin: 'pipe', stdout: 'pipe' })
    same((await child.communicate(Buffer.alloc(1_000_000)))[0]?.length, 0)
    same(child.returnCode, 0)
  },
  'output that is read late is there': async () => {
    const child = await createSubprocessExec('sh', ['-c', 'head -c 300000 /dev/zero'], { stdout: 'pipe' })
    await sleep(100)
    let size = 0
    for await (const piece of child.stdout) {
      size += piece.length
      await sleep(1)
    }
    same([size, await child.wait()], [300_000, 0])
  },
  'both outputs in one, in order': async () => {
    const { stdout } = await run('sh', ['-c', 'echo a; echo b >&2; echo c'], { stderr: 'stdout' })
    same(stdout, 'a\nb\nc\n')
  },
  'lines and pipelines': async () => {
    const got = []
    for await (const line of lines('printf', ['a\\nb'])) got.push(line)
    same(got, ['a', 'b'])
    same((await pipe(command('printf', ['b\\na\\n']), command('sort'))).stdout, 'a\nb\n')
    same((await pipe(command('yes'), command('head', ['-n', '1']), { check: true })).stdout, 'y\n')
  },
  'a program that is not there is the error of the call': async () => {
    same(await run('/nope/program').catch(nameOf), 'SpawnError ENOENT')
    same(await run('ls', [], { cwd: '/nope' }).catch(nameOf), 'SpawnError ENOENT')
  },
  signals: async () => {
    const child = await createSubprocessExec('sleep', ['100'])
    child.sendSignal('SIGUSR1')
    same(await child.wait(), process.platform === 'darwin' ? -30 : -10)
  },
  'a timeout ends the tree': async () => {
    /** @type {number[]} */
    const pids = []
    const reading = async () => {
      for await (const line of lines('sleep 100 & echo $!; echo $$; wait', [], { shell: true })) pids.push(Number(line))
    }
    same(await timeout(700, reading).catch(nameOf), 'TimeoutError')
    same(pids.length, 2)
    for (let tries = 0; tries < 200 && pids.some(isRunning); tries++) await sleep(5)
    same(pids.filter(isRunning), [])
  },
  'a tree that does not answer SIGTERM is killed': async () => {
    const child = await createSubprocessShell(`trap '' TERM; echo ready; while :; do sleep 0.05; done`, {
      stdout: 'pipe',
      grace: 50,
    })
    await child.stdout.readLine()
    await child.close()
    same(child.returnCode, -9)
  },
  'a protocol is told everything': async () => {
    /** @type {string[]} */
    const events = []
    await subprocessExec(
      () => ({
        connectionMade: () => events.push('made'),
        pipeDataReceived: (fd, bytes) => events.push(`${fd} ${bytes}`),
        processExited: () => events.push('exited'),
        connectionLost: () => events.push('lost'),
      }),
      'echo',
      ['x'],
    )
    for (let tries = 0; tries < 1000 && !events.includes('lost'); tries++) await sleep(2)
    same([events[0], ...events.slice(1, -1).sort(), events.at(-1)], ['made', '1 x\n', 'exited', 'lost'])
  },
  'many at the same time': async () => {
    const all = await Promise.all(Array.from({ length: 50 }, (_, id) => run('echo', [String(id)])))
    same(
      all.map(({ stdout }) => Number(stdout)),
      all.map((_, id) => id),
    )
  },
}

for (const [name, check] of Object.entries(checks)) await report(name, inLoop(check))
