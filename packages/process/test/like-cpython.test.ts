/**
 * The same scenarios on CPython's asyncio and here; what they give must be the same. Each is written twice: in
 * `scenarios`, and in oracle/subprocesses.py.
 */
import type { EventLoop } from '@loop/core'
import { getRunningLoop, sleep, waitFor } from '@loop/core'
import { execFile, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import type { SpawnError, SubprocessOptions, SubprocessProtocol, SubprocessTransport } from '../src/index.ts'
import { createSubprocessExec, createSubprocessShell, DEVNULL, PIPE, STDOUT, subprocessShell } from '../src/index.ts'
import { folder, hasPython, onLoop, onPosix } from './support.ts'

const text = (data: Buffer | null) => data?.toString() ?? null

const start = (program: string, options: SubprocessOptions = {}) =>
  createSubprocessExec(program, [], options).then(
    () => 'started',
    ({ errno, path }: SpawnError) => [-errno!, path],
  )

class Recorder implements SubprocessProtocol {
  readonly events: unknown[] = []
  readonly done = getRunningLoop().createFuture<void>()
  private transport!: SubprocessTransport

  connectionMade(transport: SubprocessTransport) {
    this.transport = transport
    this.events.push('made')
  }
  pipeDataReceived(fd: number, bytes: Buffer) {
    this.events.push(['data', fd, bytes.toString()])
  }
  pipeConnectionLost(fd: number, error: Error | undefined) {
    this.events.push(['pipe lost', fd, error === undefined])
  }
  processExited() {
    this.events.push(['exited', this.transport.getReturnCode()])
  }
  connectionLost(error: Error | undefined) {
    this.events.push(['lost', error === undefined])
    this.done.setResult()
  }
}

async function recorded(command: string, act?: (transport: SubprocessTransport) => void): Promise<unknown[]> {
  const [transport, protocol] = await subprocessShell(() => new Recorder(), command)
  act?.(transport)
  await protocol.done
  return protocol.events
}

const sorted = (events: unknown[]) => events.map((event) => JSON.stringify(event)).sort()

const scenarios: Record<string, (loop: EventLoop) => Promise<unknown>> = {
  async exit_before_wait() {
    const child = await createSubprocessExec('sh', ['-c', 'exit 7'])
    await sleep(200)
    return [await child.wait(), await child.wait(), child.returnCode]
  },
  async output_after_exit() {
    const child = await createSubprocessShell('(sleep 0.2; echo late) & echo early', { stdout: PIPE })
    const [out] = await child.communicate()
    return [text(out), child.returnCode]
  },
  async broken_stdin() {
    const child = await createSubprocessExec('true', [], { stdin: PIPE, stdout: PIPE })
    const [out, err] = await child.communicate(Buffer.alloc(1_000_000, 'x'))
    return [text(out), text(err), child.returnCode]
  },
  async drain_to_the_dead() {
    const child = await createSubprocessExec('true', [], { stdin: PIPE })
    await child.wait()
    await sleep(100)
    try {
      child.stdin.write(Buffer.alloc(1_000_000, 'x'))
      await child.stdin.drain()
      return 'drained'
    } catch {
      return 'lost'
    }
  },
  async kill_while_communicating(loop) {
    const child = await createSubprocessExec('sleep', ['100'], { stdin: PIPE, stdout: PIPE })
    loop.callLater(100, () => {
      child.kill()
    })
    const [out] = await child.communicate()
    return [text(out), child.returnCode]
  },
  async both_ways() {
    const data = Buffer.alloc(
      256 * 16_384,
      Uint8Array.from({ length: 256 }, (_, i) => i),
    )
    const child = await createSubprocessExec('cat', [], { stdin: PIPE, stdout: PIPE })
    const [out] = await child.communicate(data)
    return [out!.equals(data), out!.length, child.returnCode]
  },
  async signal_from_outside(loop) {
    const child = await createSubprocessExec('sleep', ['100'])
    loop.callLater(100, () => process.kill(child.pid, 'SIGUSR1'))
    return child.wait()
  },
  async signal_after_the_end() {
    const child = await createSubprocessExec('true', [], { stdout: PIPE })
    await child.communicate()
    await sleep(100)
    try {
      child.terminate()
      return 'sent'
    } catch (error) {
      return (error as Error).name
    }
  },
  not_there: async () => start('/nope/program'),
  async not_allowed() {
    const file = join(folder(), 'plain')
    writeFileSync(file, '', { mode: 0o600 })
    const [errno, path] = (await start(file)) as [number, string]
    return [errno, path === file]
  },
  no_directory: async () => start('ls', { cwd: '/nope' }),
  async cancelled_wait() {
    const child = await createSubprocessExec('sleep', ['100'])
    await waitFor(child.wait(), 50).catch(() => {})
    const running = child.returnCode === null
    child.kill()
    return [running, await child.wait()]
  },
  async streams() {
    const child = await createSubprocessShell('cat; echo err >&2', { stdin: PIPE, stdout: PIPE, stderr: PIPE })
    child.stdin.write(Buffer.from('one\ntwo'))
    child.stdin.writeEof()
    const lines = []
    for (let line = 0; line < 3; line++) lines.push(text(await child.stdout.readLine()))
    return [lines, child.stdout.atEof(), text(await child.stderr.read()), await child.wait()]
  },
  async merged() {
    const child = await createSubprocessShell('echo a; echo b >&2; echo c', { stdout: PIPE, stderr: STDOUT })
    return (await child.communicate()).map(text)
  },
  async nothing() {
    const child = await createSubprocessExec('cat', [], { stdin: DEVNULL, stdout: PIPE, stderr: DEVNULL })
    const [out, err] = await child.communicate()
    return [text(out), text(err), child.stdin === null]
  },
  async input_of_none() {
    const child = await createSubprocessExec('cat', [], { stdin: PIPE, stdout: PIPE })
    const [out] = await child.communicate()
    return [text(out), child.returnCode]
  },
  async too_long_a_line() {
    await using child = await createSubprocessShell('printf %200d 1', { stdout: PIPE, limit: 64 })
    const result = await child.stdout.readLine().then(
      () => 'read',
      () => 'too long',
    )
    await child.wait()
    return result
  },
  async shell_not_found() {
    const child = await createSubprocessShell('no-such-command-at-all', { stderr: DEVNULL })
    return child.wait()
  },
  callbacks: async () =>
    recorded(
      'read x; echo $x; exec >&-; exec <&-; sleep 0.2; echo err >&2; exec 2>&-; sleep 0.2; exit 3',
      (transport) => {
        transport.getPipeTransport(0)!.write(Buffer.from('hello\n'))
      },
    ),
  callbacks_of_a_closed_one: async () =>
    sorted(
      await recorded('sleep 100', (transport) => {
        transport.close()
      }),
    ),
  callbacks_with_eof: async () =>
    sorted(
      await recorded('cat; sleep 0.2', (transport) => {
        transport.getPipeTransport(0)!.writeEof()
      }),
    ),
}

/** Before 3.12, `communicate()` without input left standard input open. */
const old = hasPython && spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 12))']).status !== 0
if (old) delete scenarios.input_of_none

/** Where this is otherwise than CPython, and why. */
const different: Record<string, string> = {
  callbacks: 'that the other end of standard input is gone shows at the next write, or at the end of the process',
}

const script = fileURLToPath(new URL('oracle/subprocesses.py', import.meta.url))

describe.skipIf(!hasPython || !onPosix)('like CPython', () => {
  const there: Record<string, unknown> = {}

  beforeAll(async () => {
    const names = Object.keys(scenarios)
    const { stdout } = await promisify(execFile)('python3', [script, ...names], { timeout: 25_000 })
    Object.assign(there, JSON.parse(stdout))
  })

  it.each(Object.keys(scenarios))('%s', (scenario) =>
    onLoop(async (loop) => {
      const here = await scenarios[scenario]!(loop)
      const expected = scenario.startsWith('callbacks_') ? sorted(there[scenario] as unknown[]) : there[scenario]
      if (different[scenario] === undefined) expect(here).toEqual(expected)
      else expect(withoutInput(here)).toEqual(withoutInput(expected))
    }),
  )
})

const withoutInput = (events: unknown) =>
  (events as unknown[]).filter((event) => !(Array.isArray(event) && event[0] === 'pipe lost' && event[1] === 0))
