/**
 * Each message between a pool and its workers fails in turn: the first, the second and so on, once each. It cannot be
 * sent, cannot be read, is late, or its worker dies with it. No task is lost or run twice, nothing hangs, the first
 * cause is what is reported, and the pool works afterwards.
 */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MessagePort, Worker } from 'node:worker_threads'
import { CancelledError } from '@loop/core'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  BrokenExecutorError,
  NotSerializableError,
  ProcessPoolExecutor,
  ThreadPoolExecutor,
  type PoolExecutor,
} from '../src/index.ts'
import { ProcessChannel } from '../src/processes/process-channel.ts'
import { ThreadChannel } from '../src/threads/thread-channel.ts'

type Message = Readonly<Record<string, unknown>> | number

/** What is done to the message whose number it is; they count on afterwards. */
interface Saboteur {
  /** Throws, or ends the worker. */
  sending(message: Message, kill: () => void): void
  /** Delivers, later perhaps, or reports that the message cannot be read. */
  receiving(message: Message, deliver: () => void, unreadable: ((error: Error) => void) | null, kill: () => void): void
}

let saboteur: Saboteur | null = null
const injected = new Error('sabotaged')

// The channels' own places of sending and receiving: everything passes through them.
interface Threads {
  readonly port: MessagePort
  readonly worker: Worker
  listen(): void
  receive(message: Message): void
  answersUnreadable(error: unknown): void
  readonly owner: { progressed(): void }
}
const threads = ThreadChannel.prototype as unknown as Threads
const { listen, receive } = threads
vi.spyOn(threads, 'listen').mockImplementation(function (this: Threads) {
  listen.call(this)
  const post = this.port.postMessage.bind(this.port)
  this.port.postMessage = (message: Message, transfer?: never) => {
    saboteur?.sending(message, () => void this.worker.terminate())
    post(message, transfer)
  }
})
vi.spyOn(threads, 'receive').mockImplementation(function (this: Threads, message: Message) {
  const deliver = (): void => {
    receive.call(this, message)
    this.owner.progressed()
  }
  const unreadable = (error: Error): void => {
    this.answersUnreadable(error)
  }
  const isAnswer = typeof message === 'object' && 'answers' in message
  if (saboteur === null) receive.call(this, message)
  else saboteur.receiving(message, deliver, isAnswer ? unreadable : null, () => void this.worker.terminate())
})

interface Processes {
  readonly child: { kill(signal: string): void }
  post(message: Message): void
  receive(message: Message): void
}
const processes = ProcessChannel.prototype as unknown as Processes
const { post, receive: receiveFromProcess } = processes
vi.spyOn(processes, 'post').mockImplementation(function (this: Processes, message: Message) {
  saboteur?.sending(message, () => {
    this.child.kill('SIGKILL')
  })
  post.call(this, message)
})
vi.spyOn(processes, 'receive').mockImplementation(function (this: Processes, message: Message) {
  const deliver = (): void => {
    receiveFromProcess.call(this, message)
  }
  if (saboteur === null) deliver()
  else
    saboteur.receiving(message, deliver, null, () => {
      this.child.kill('SIGKILL')
    })
})

afterEach(() => {
  saboteur = null
})

const ways = [
  'cannot be sent',
  'cannot be read',
  'is late',
  'the worker dies before it',
  'the worker dies after it',
] as const
type Way = (typeof ways)[number]

/** Hits the message of this number; `hit` says whether there was one. */
function sabotage(way: Way, direction: 'to' | 'from', number: number): Saboteur & { hit: boolean } {
  let sent = 0
  let received = 0
  /** Messages stay in their order: what follows a late one is late too. */
  let line: (() => void)[] | null = null
  return {
    hit: false,
    sending(_message, kill) {
      if (direction !== 'to' || ++sent !== number) return
      this.hit = true
      if (way === 'cannot be sent') throw injected
      kill()
    },
    receiving(_message, deliver, unreadable, kill) {
      if (line !== null) {
        line.push(deliver)
        return
      }
      if (direction !== 'from' || ++received !== number) {
        deliver()
        return
      }
      this.hit = true
      if (way === 'is late') {
        line = [deliver]
        setTimeout(() => {
          const waiting = line!
          line = null
          for (const each of waiting) each()
        }, 30)
      } else if (way === 'cannot be read' && unreadable !== null) unreadable(injected)
      else {
        if (way === 'the worker dies before it') kill()
        deliver()
        if (way === 'the worker dies after it') kill()
      }
    },
  }
}

type End = { readonly value: unknown } | { readonly error: unknown }

interface Outcome {
  readonly ends: readonly (End | 'hangs')[]
  readonly submitted: number
  /** How often each task ran. */
  readonly runs: readonly number[]
  readonly again: unknown
  readonly statistics: ReturnType<PoolExecutor['statistics']>
  readonly workerErrors: readonly unknown[]
}

/** Notes its run in a file, which outlives every worker, and answers in a way of its own. */
const task = async (
  file: string,
  id: number,
  kind: number,
  payload: unknown,
  signal?: AbortSignal,
): Promise<unknown> => {
  process.getBuiltinModule('node:fs').appendFileSync(file, `${id}\n`)
  if (kind === 1) return { id, payload }
  if (kind === 2) throw new RangeError(`task ${id}`)
  if (kind === 3) await new Promise((resolve) => setTimeout(resolve, 2))
  if (kind === 4) return signal!.aborted
  return id
}
const brief = (id: number): number => id

async function mixedWork(pool: PoolExecutor, file: string, move: boolean): Promise<Outcome> {
  const workerErrors: unknown[] = []
  pool.on('workerError', ({ error }) => workerErrors.push(error))
  const controller = new AbortController()
  const submissions: Promise<unknown>[] = []
  let id = 0
  const submit = (kind: number, payload: unknown = null, options = {}): void => {
    submissions.push(
      pool.submit(task, [file, id++, kind, payload, ...(kind === 4 ? [controller.signal] : [])] as never, options),
    )
  }
  submit(0)
  await Promise.allSettled(submissions)
  for (let i = 0; i < 3; i++) {
    submit(1, { text: 'x'.repeat(10), list: [i] })
    submit(2)
    submit(3)
    const buffer = new Uint8Array([i]).buffer
    submit(1, buffer, move ? { transfer: [buffer] } : {})
    for (let n = 0; n < 5; n++) submissions.push(pool.submit(brief, [n]))
  }
  submit(4, null)
  const cancelled = pool.submit(brief, [-1])
  cancelled.cancel()
  submissions.push(cancelled)
  controller.abort()
  const limit = (promise: Promise<unknown>): Promise<End | 'hangs'> => {
    let timer: ReturnType<typeof setTimeout>
    const late = new Promise<'hangs'>((resolve) => (timer = setTimeout(resolve, 20_000, 'hangs')))
    const end = promise.then(
      (value): End => ({ value }),
      (error: unknown): End => ({ error }),
    )
    return Promise.race([end, late]).finally(() => {
      clearTimeout(timer)
    })
  }
  const ends = await Promise.all(submissions.map(limit))
  let extra = 1
  let again = await limit(pool.submit(brief, [42]))
  // Its own message may have been the one.
  if (again !== 'hangs' && 'error' in again && (again.error as Error).cause === injected) {
    extra++
    again = await limit(pool.submit(brief, [42]))
  }
  const closed = await limit(pool.shutdown())
  if (closed === 'hangs') await pool.shutdown({ timeout: 0 })
  const runs = new Array<number>(id).fill(0)
  for (const line of readFileSync(file, 'utf8').split('\n')) if (line !== '') runs[Number(line)]!++
  return {
    ends: [...ends, closed],
    submitted: submissions.length + extra,
    runs,
    again,
    statistics: pool.statistics(),
    workerErrors,
  }
}

/** Whether an error, or what caused it, is the injected fault or the death of a worker. */
function isOurs(error: unknown, way: Way): boolean {
  if (error instanceof CancelledError || (error instanceof RangeError && /^task \d+$/.test(error.message))) return true
  if (error instanceof BrokenExecutorError) return way.startsWith('the worker dies') || error.cause === injected
  return error instanceof NotSerializableError && error.cause === injected
}

/** All numbers with LOOP_SABOTAGE; else a few. */
const numbers =
  process.env['LOOP_SABOTAGE'] === undefined ? [1, 2, 3, 5, 8, 13] : Array.from({ length: 200 }, (_, i) => i + 1)

const kinds = [
  { name: 'threads', move: true, make: (): PoolExecutor => new ThreadPoolExecutor({ maxWorkers: 2 }) },
  { name: 'processes', move: false, make: (): PoolExecutor => new ProcessPoolExecutor({ maxWorkers: 2 }) },
]
const cases = kinds.flatMap((kind) =>
  ways.flatMap((way) =>
    (['to', 'from'] as const)
      .filter((direction) =>
        direction === 'to'
          ? way !== 'cannot be read' && way !== 'is late' && way !== 'the worker dies after it'
          : way !== 'cannot be sent',
      )
      .filter(() => kind.name === 'threads' || way !== 'cannot be read')
      .map((direction) => ({ ...kind, way, direction })),
  ),
)

describe.each(cases)('$name: a message $direction a worker, $way', ({ make, move, way, direction, name }) => {
  test('loses, doubles and hangs nothing', { timeout: 900_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'executor-sabotage-'))
    let hits = 0
    try {
      for (const number of numbers) {
        const file = join(folder, `${number}`)
        writeFileSync(file, '')
        const agent = sabotage(way, direction, number)
        saboteur = agent
        const outcome = await mixedWork(make(), file, move)
        saboteur = null
        if (!agent.hit) break
        hits++
        const what = `message ${number}`
        expect(outcome.ends, what).not.toContain('hangs')
        expect(Math.max(...outcome.runs), `${what}: runs of a task`).toBe(1)
        const strange = outcome.ends.filter((end) => end !== 'hangs' && 'error' in end && !isOurs(end.error, way))
        expect(strange, what).toEqual([])
        // One fault costs what its worker was running, at most, never the pool.
        const broken = outcome.ends.filter(
          (end) => end !== 'hangs' && 'error' in end && end.error instanceof BrokenExecutorError,
        )
        expect(broken.length, `${what}: lost tasks`).toBeLessThan(20)
        expect(outcome.again, what).toEqual({ value: 42 })
        const { submitted, succeeded, failed, cancelled, lost, waiting, running } = outcome.statistics
        expect({ waiting, running, sum: succeeded + failed + cancelled + lost }, what).toEqual({
          waiting: 0,
          running: 0,
          sum: submitted,
        })
        expect(submitted).toBe(outcome.submitted)
        for (const error of outcome.workerErrors) expect(error, what).toBe(injected)
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    if (process.env['LOOP_SABOTAGE'] !== undefined)
      appendFileSync(process.env['LOOP_SABOTAGE'], `${name} ${direction} ${way}: ${hits} messages\n`)
    expect(hits).toBeGreaterThan(3)
  })
})
