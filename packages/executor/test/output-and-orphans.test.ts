/**
 * What tasks print arrives whole or is held back; signals for the whole group are the program's to answer; no worker
 * outlives it.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import {
  ProcessPoolExecutor,
  ThreadPoolExecutor,
  type PoolExecutor,
  type PoolOptions,
  type WorkerOutput,
} from '../src/index.ts'
import { useBundle } from './bundle.ts'

const bundle = useBundle()
const program = (code: string): Promise<string> => bundle.program(code)

/** All that a program wrote, read only after it has been left waiting. */
async function readSlowly(
  file: string,
  stream: 'stdout' | 'stderr',
  options: string[] = [],
): Promise<{ lines: number; code: number | null }> {
  const child = spawn(process.execPath, [...options, file], { stdio: ['ignore', 'pipe', 'pipe'] })
  let lines = 0
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  await new Promise((resolve) => setTimeout(resolve, 700))
  child[stream].on('data', (chunk: Buffer) => {
    for (const byte of chunk) if (byte === 10) lines++
  })
  child[stream === 'stdout' ? 'stderr' : 'stdout'].resume()
  return { code: await ended, lines }
}

test.each([
  ['stdout', 'log'],
  ['stderr', 'error'],
] as const)('processes: %s is whole at the end, through a slow pipe', async (stream, method) => {
  const file = await program(`
    const pool = new ProcessPoolExecutor({ maxWorkers: 1 })
    await pool.submit((method) => { for (let i = 0; i < 3000; i++) console[method](String(i).padEnd(200, '.')) }, ['${method}'])
    await pool.shutdown()`)
  expect(await readSlowly(file, stream)).toEqual({ code: 0, lines: 3000 })
})

test('threads: a flood of output is held back until the program has written it', async () => {
  const file = await program(`
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 })
    const line = 'y'.repeat(1023) + '\\n'
    await pool.submit((count, line) => { for (let i = 0; i < count; i++) process.stdout.write(line) }, [60_000, line])
    await pool.shutdown()`)
  expect(await readSlowly(file, 'stdout', ['--max-old-space-size=40'])).toEqual({ code: 0, lines: 60_000 })
})

describe.each([
  {
    name: 'threads',
    make: (options: PoolOptions): PoolExecutor =>
      new ThreadPoolExecutor({ maxWorkers: 1, namePrefix: 'w', ...options }),
  },
  {
    name: 'processes',
    make: (options: PoolOptions): PoolExecutor =>
      new ProcessPoolExecutor({ maxWorkers: 1, namePrefix: 'w', ...options }),
  },
])('$name: onOutput', ({ make }) => {
  test('is given what tasks print, whole characters at a time', async () => {
    const seen = { stdout: '', stderr: '' }
    const workers = new Set<string>()
    const onOutput = ({ worker, stream, text }: WorkerOutput): void => {
      workers.add(worker)
      seen[stream] += text
    }
    const pool = make({ onOutput })
    await pool.submit(() => {
      console.log('to the log ünïcode 🚲')
      console.error('and %d error', 1)
      process.stdout.write(Buffer.from([0xe2, 0x82]))
      process.stdout.write(Buffer.from([0xac]))
      for (let i = 0; i < 5000; i++) console.log('🚲'.repeat(20))
    })
    await pool.shutdown()
    expect(seen.stdout).toBe(`to the log ünïcode 🚲\n€${`${'🚲'.repeat(20)}\n`.repeat(5000)}`)
    expect(seen.stderr).toBe('and 1 error\n')
    expect([...workers]).toEqual(['w-1'])
  })

  test('one that fails, or is slow, neither stops the pool nor loses anything', async () => {
    let text = ''
    let calls = 0
    const failures: unknown[] = []
    const usual = console.error
    console.error = (...parts: unknown[]) => void failures.push(parts)
    const onOutput = async (output: WorkerOutput): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve))
      text += output.text
      if (++calls === 1) throw new Error('disk full')
    }
    const pool = make({ onOutput })
    const print = (n: number): void => {
      for (let i = 0; i < n; i++) process.stdout.write('0123456789\n')
    }
    await pool.submit(print, [2000])
    await pool.shutdown()
    console.error = usual
    expect(text).toBe('0123456789\n'.repeat(2000))
    expect(failures).toHaveLength(1)
  })
})

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
const firstLine = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.stdout!.once('data', (chunk: Buffer) => {
      resolve(chunk.toString())
    })
  })

describe.skipIf(process.platform === 'win32')('the program and its workers', () => {
  test.each(['SIGINT', 'SIGHUP'] as const)('%s for the whole group leaves the work to the pool', async (signal) => {
    const file = await program(`
      process.on('${signal}', async () => { await pool.shutdown(); console.log('in order') })
      const keep = setInterval(() => {}, 1000)
      const pool = new ProcessPoolExecutor({ maxWorkers: 2 })
      const job = pool.submit(async () => { console.log('begun'); await new Promise((r) => setTimeout(r, 300)); return 'written' })
      console.log(await job)
      clearInterval(keep)`)
    const child = spawn(process.execPath, [file], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    await firstLine(child)
    process.kill(-child.pid!, signal)
    await new Promise((resolve) => child.on('close', resolve))
    expect(out.split('\n').sort()).toEqual(['', 'begun', 'in order', 'written'])
  })

  test('a program that is killed leaves no worker, busy or idle', async () => {
    const file = await program(`
      const pool = new ProcessPoolExecutor({ maxWorkers: 2, minWorkers: 2 })
      await pool.ready()
      const pids = await Promise.all([1, 2].map(() => pool.submit(async () => { await new Promise((r) => setTimeout(r, 100)); return process.pid })))
      pool.submit((pids) => { console.log(pids.join(' ')); for (;;); }, [pids]).catch(() => {})`)
    const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] })
    const pids = (await firstLine(child)).trim().split(' ').map(Number)
    expect(new Set(pids).size).toBe(2)
    child.kill('SIGKILL')
    while (pids.some(alive)) await new Promise((resolve) => setTimeout(resolve, 20))
  })

  test('one that exits with work under way leaves none either', async () => {
    const file = await program(`
      const pool = new ProcessPoolExecutor({ maxWorkers: 1 })
      console.log(await pool.submit(() => process.pid))
      pool.submit(() => { for (;;); }).catch(() => {})
      setTimeout(() => process.exit(0), 100)`)
    const out = await new Promise<string>((resolve) => {
      execFile(process.execPath, [file], (_error, stdout) => {
        resolve(stdout)
      })
    })
    while (alive(Number(out))) await new Promise((resolve) => setTimeout(resolve, 20))
  })
})
