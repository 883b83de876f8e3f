/**
 * Everything at once, for so many seconds: a server whose clients echo, leave and reset; timers that fire and that are
 * cancelled; tasks and groups that fail; pools of threads and of processes whose workers are killed; a scheduler on
 * SQLite; a monitor; and somebody who inspects the process. Prints a line of JSON a sample, and one with what was done.
 *
 * Arguments: seconds, directory for files.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import {
  CancelledError,
  EventLoop,
  getRunningLoop,
  nativeLoop,
  run,
  sleep,
  taskGroup,
  timeout,
} from '../../src/index.ts'
import { BrokenExecutorError, ProcessPoolExecutor, ThreadPoolExecutor } from '@loop/executor'
import { inspectable, inspectProcess, LoopMonitor } from '@loop/monitor'
import type { Transport } from '@loop/net'
import { createServer } from '@loop/net'
import { openConnection } from '@loop/net/streams'
import { AsyncScheduler } from '@loop/scheduler'
import { SqliteStore } from '@loop/scheduler/sqlite'

const seconds = Number(process.argv[2])
const folder = process.argv[3]!
const SAMPLE_MS = Math.min(1000, (seconds * 1000) / 40)

/** How often each thing was done; none of them may be 0 in the end. */
const done = {
  echoes: 0,
  resets: 0,
  timers: 0,
  cancelled: 0,
  failedTasks: 0,
  failedGroups: 0,
  deadlines: 0,
  threads: 0,
  threadKills: 0,
  processes: 0,
  processKills: 0,
  runs: 0,
  failedRuns: 0,
  inspections: 0,
}
/** What should not have been. */
const wrong: string[] = []

class Echo {
  private transport!: Transport
  connectionMade(transport: Transport): void {
    this.transport = transport
  }
  dataReceived(bytes: Buffer): void {
    this.transport.write(bytes)
  }
}

const deadline = performance.now() + seconds * 1000
const goesOn = (): boolean => performance.now() < deadline

async function connections(port: number, index: number): Promise<void> {
  for (let round = index; goesOn(); round++) {
    const [reader, writer] = await openConnection({ host: '127.0.0.1', port })
    const bytes = Buffer.alloc(1 + ((round * 7919) % 20_000), round)
    writer.write(bytes)
    if (round % 4 === 0) {
      // Leaves at once, what it wrote and what comes back is lost.
      writer.transport.abort()
      done.resets++
    } else {
      const back = await reader.readExactly(bytes.length)
      if (!back.equals(bytes)) wrong.push(`${bytes.length} bytes came back changed`)
      done.echoes++
      writer.close()
      await writer.waitClosed()
    }
    await sleep(2)
  }
}

async function timers(loop: EventLoop): Promise<void> {
  while (goesOn()) {
    for (let i = 0; i < 50; i++) {
      loop.callLater(i / 10, () => done.timers++)
      loop.callLater(60_000, () => wrong.push('a cancelled timer fired')).cancel()
      done.cancelled++
    }
    await sleep(10)
  }
}

async function failures(loop: EventLoop): Promise<void> {
  while (goesOn()) {
    for (let i = 0; i < 10; i++) {
      const task = loop.createTask(async () => {
        await sleep(1)
        throw new Error('told to fail')
      })
      await task.then(
        () => wrong.push('a failing task succeeded'),
        () => done.failedTasks++,
      )
    }
    await taskGroup(async (group) => {
      group.createTask(async () => sleep(60_000))
      group.createTask(async () => {
        await sleep(1)
        throw new Error('told to fail')
      })
    }).catch(() => done.failedGroups++)
    await timeout(1, () => sleep(60_000)).catch(() => done.deadlines++)
    await sleep(5)
  }
}

async function pooled(pool: ThreadPoolExecutor | ProcessPoolExecutor, ends: 'threads' | 'processes'): Promise<void> {
  const kills = ends === 'threads' ? 'threadKills' : 'processKills'
  for (let round = 1; goesOn(); round++) {
    const sums = await Promise.all(Array.from({ length: 50 }, (_, i) => pool.submit((n: number) => n + n, [i])))
    if (sums.some((sum, i) => sum !== i + i)) wrong.push(`${ends}: a wrong sum`)
    done[ends] += sums.length
    if (round % 10 === 0) {
      const kill = (): void => process.exit(3)
      await pool.submit(kill).then(
        () => wrong.push(`${ends}: a killed worker answered`),
        (error: unknown) => {
          if (!(error instanceof BrokenExecutorError)) wrong.push(`${ends}: ${String(error)}`)
          done[kills]++
        },
      )
    }
    await sleep(20)
  }
}

async function inspections(): Promise<void> {
  while (goesOn()) {
    await inspectProcess(process.pid, 30_000).then(
      () => done.inspections++,
      (error: unknown) => wrong.push(String(error)),
    )
    await sleep(300)
  }
}

const countOf = (path: string): number => {
  try {
    return readdirSync(path).length
  } catch {
    return 0
  }
}

async function samples(): Promise<void> {
  const collect = (globalThis as { gc?: () => void }).gc!
  while (goesOn()) {
    await sleep(SAMPLE_MS)
    // What waits for a finalizer is collected by the second.
    collect()
    await new Promise((next) => setImmediate(next))
    collect()
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
    const descriptors = countOf('/proc/self/fd')
    const threads = countOf('/proc/self/task')
    console.log(JSON.stringify({ rss, heap: heapUsed, external: external + arrayBuffers, descriptors, threads }))
  }
}

await run(
  async () => {
    const loop = getRunningLoop()
    loop.setExceptionHandler((_, { message, exception }) => {
      if (!/was never awaited|told to fail|were dropped/.test(`${message} ${String(exception)}`))
        wrong.push(`${message}: ${String(exception)}`)
    })
    await using server = await createServer(() => new Echo(), { host: '127.0.0.1', port: 0 })
    await using threads = new ThreadPoolExecutor({ maxWorkers: 2 })
    await using processes = new ProcessPoolExecutor({ maxWorkers: 1 })
    await using scheduler = new AsyncScheduler({
      store: new SqliteStore({ path: join(folder, 'jobs.db'), synchronous: 'normal', retention: 2000 }),
    })
    scheduler.on('failure', () => done.failedRuns++)
    scheduler.recurring('counts', () => void done.runs++, { every: 50 })
    scheduler.recurring('fails', () => Promise.reject(new Error('told to fail')), { every: 200 })
    using monitor = new LoopMonitor({ threshold: 5000, onBlocked: () => undefined })
    monitor.start()
    using _shown = inspectable()
    await taskGroup(async (group) => {
      for (let i = 0; i < 8; i++) group.createTask(() => connections(server.port, i))
      group.createTask(() => timers(loop))
      group.createTask(() => failures(loop))
      group.createTask(() => pooled(threads, 'threads'))
      group.createTask(() => pooled(processes, 'processes'))
      group.createTask(() => inspections())
      group.createTask(() => samples())
    })
  },
  { loopFactory: nativeLoop },
).catch((error: unknown) => {
  if (!(error instanceof CancelledError))
    wrong.push(`it ended with ${String(error)}: ${String((error as AggregateError).errors)}`)
})
console.log(JSON.stringify({ done, wrong: wrong.slice(0, 20) }))
