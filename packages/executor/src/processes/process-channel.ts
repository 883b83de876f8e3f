/**
 * The pool's end of one worker process: messages over Node's IPC, batched both ways, and a progress file.
 *
 * Long because what was sent, what came back and what is left after a crash are read together.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import {
  CLOSE_MS,
  NOTHING_UNSENDABLE,
  type Channel,
  type ChannelOwner,
  type Leftovers,
  type Unsendable,
} from '../pool/channel.ts'
import { decodeAnswer } from '../transfer/decode-answer.ts'
import { decodeError } from '../transfer/error-decoder.ts'
import { isBrief } from '../pool/estimates.ts'
import type { WorkerStart } from '../pool/pool-worker.ts'
import { hasPlaceholders, packArguments } from '../transfer/pack-arguments.ts'
import type { WorkItem } from '../pool/work-item.ts'
import { KnownFunctions } from '../functions/known-functions.ts'
import { SharedMemoryError, tooLarge, unsendableArgument } from '../transfer/unsendable.ts'
import type { Encoded } from '../transfer/error-encoder.ts'
import { copyOf, inspect } from '../transfer/inspector.ts'
import { processProgram } from '../worker/programs.ts'
import {
  FULL_BYTES,
  MAY_TAKE_LONG,
  MOST_BYTES,
  PLACEHOLDERS,
  PROCESS_ANSWER,
  WATCHED,
  type Envelope,
  type FromProcess,
  type ToProcess,
} from '../worker/messages.ts'
import { ProgressFile } from './progress-file.ts'
import { unwatch, watchOver } from './reaper.ts'

/** How a process is started. */
export interface ProcessSettings extends WorkerStart {
  readonly name: string
  readonly execArgv: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** What the worker prints comes to the pool, instead of going where this program's output goes. */
  readonly pipeOutput: boolean
}

/**
 * What a process is started with: command lines are limited (32 KiB on Windows), so the program itself comes as the
 * first message.
 *
 * A terminal sends its signals to the whole group of processes: Ctrl+C, or a window that is closed. What they mean for
 * the work is the program's to decide, so workers pass over them from the start.
 */
const BOOTSTRAP =
  "for (const each of ['SIGINT', 'SIGHUP']) process.on(each, () => {}); process.once('message', (source) => (0, eval)(source))"

/** How long, in milliseconds, the last output of a worker that has ended is waited for. */
const OUTPUT_MS = 1000

/** A task's arguments as they are posted. */
interface Parcel {
  readonly task: WorkItem
  readonly args: readonly unknown[]
}

export class ProcessChannel implements Channel {
  /** As deep as a thread's table; brief tasks only ever get there. */
  readonly capacity = 1024
  readonly revocable = false
  readonly leastAhead = 1
  /** Sent and not answered, in order of sending. */
  private readonly tasks = new Map<number, WorkItem>()
  private readonly starts = new Map<WorkItem, number>()
  private outgoing: WorkItem[] = []
  private readonly knownFunctions = new KnownFunctions()
  private readonly progress = new ProgressFile()
  private readonly child: ChildProcess
  private lastNumber = 0
  private closing: ReturnType<typeof setTimeout> | null = null
  private cause: unknown
  private exitCode: number | null = null
  private signal: string | null = null
  /** Both must have happened: the last answers are read before the channel closes. */
  private left = { exit: false, channel: false, output: true, reported: false }

  constructor(
    settings: ProcessSettings,
    private readonly owner: ChannelOwner,
  ) {
    const { name, execArgv, env, pipeOutput, ...start } = settings
    const output = pipeOutput ? 'pipe' : 'inherit'
    this.child = spawn(process.execPath, [...execArgv, '--title', name, '-e', BOOTSTRAP], {
      stdio: ['inherit', output, output, 'ipc', this.progress.fd],
      serialization: 'advanced',
      env,
    })
    this.listen()
    try {
      this.child.send(processProgram, () => {})
      this.post({ start })
    } catch (error) {
      // The arguments of the initializer, perhaps. Nobody has heard of this worker yet.
      this.left.reported = true
      this.child.kill('SIGKILL')
      this.progress.close()
      throw error
    }
    if (this.child.pid !== undefined) watchOver(this.child.pid)
    this.child.unref()
    this.keepAlive(false)
  }

  get held(): number {
    return this.tasks.size
  }

  get unresponsive(): boolean {
    // They are numbered in the order of sending, which is that of starting.
    for (const oldest of this.tasks.keys()) return this.progress.lastStarted() < oldest
    return false
  }

  send(task: WorkItem): void {
    task.slot = ++this.lastNumber
    this.tasks.set(task.slot, task)
    this.outgoing.push(task)
  }

  flush(): readonly Unsendable[] {
    const { outgoing } = this
    if (outgoing.length === 0) return NOTHING_UNSENDABLE
    this.outgoing = []
    const { definitions, forget } = this.knownFunctions.update(outgoing, this.tasks.values())
    // A worker that cannot be reached has started none of them; they come back when it has ended.
    if (definitions.length > 0 && !this.sendOrKill({ definitions, forget })) return NOTHING_UNSENDABLE
    return this.sendCalls(outgoing)
  }

  /** Once sent, a task cannot be taken back: the worker shares no memory. */
  revoke(task: WorkItem): boolean {
    const index = this.outgoing.indexOf(task)
    if (index === -1) return false
    this.outgoing.splice(index, 1)
    this.tasks.delete(task.slot)
    return true
  }

  revokeAll(_forGood: boolean): readonly WorkItem[] {
    const back = this.outgoing
    this.outgoing = []
    for (const task of back) this.tasks.delete(task.slot)
    return back
  }

  startedAt(task: WorkItem): number | null {
    return this.starts.get(task) ?? null
  }

  interrupt(task: WorkItem): void {
    // One that waits is asked when it starts: the file holds one number, that of the running task.
    if (!this.starts.has(task)) return
    this.progress.askToStop(task.slot)
    this.sendOrKill({ interrupt: true })
  }

  keepAlive(on: boolean): void {
    // Bun's channel has neither; there the process itself is what keeps alive.
    const channel = this.child.channel as { ref?: () => void; unref?: () => void } | null | undefined
    const holder = channel?.ref === undefined ? this.child : (channel as { ref: () => void; unref: () => void })
    if (on) holder.ref()
    else holder.unref()
  }

  close(): void {
    this.child.ref()
    this.sendOrKill({ close: true })
    this.closing = setTimeout(() => {
      this.kill()
    }, CLOSE_MS)
  }

  kill(): void {
    this.child.ref()
    this.child.kill('SIGKILL')
  }

  // ---------------------------------------------------------------- sending

  private post(message: ToProcess): void {
    // A worker that died in the meantime reports it by its events.
    if (this.child.connected) this.child.send(message, () => {})
  }

  /** Sends what nothing can be wrong with. A worker that it cannot be sent to is of no use; false when it is so. */
  private sendOrKill(message: ToProcess): boolean {
    try {
      this.post(message)
      return true
    } catch (error) {
      this.cause ??= error
      this.kill()
      return false
    }
  }

  /** Tasks that share no object go in one message, up to a size; each of the others in a further one. */
  private sendCalls(tasks: readonly WorkItem[]): readonly Unsendable[] {
    const unsendable: Unsendable[] = []
    let parcels: Parcel[] = []
    let seen = new Map<object, object>()
    let bytes = 0
    for (const task of tasks) {
      let args = packArguments(task, [])
      let findings = inspect(args, seen, [])
      const copy = findings.overlaps ? copyOf(args) : null
      if (copy !== null) findings = inspect((args = copy), seen, [])
      if (findings.overlaps || bytes + findings.bytes > FULL_BYTES) {
        this.postCalls(parcels, unsendable)
        parcels = []
        bytes = 0
        findings = inspect(args, (seen = new Map()), [])
      }
      if (findings.shared) this.refuse(task, new SharedMemoryError(1 + args.findIndex(holdsSharedMemory)), unsendable)
      else if (findings.bytes > MOST_BYTES) this.refuse(task, tooLarge(MOST_BYTES), unsendable)
      else {
        bytes += findings.bytes
        parcels.push({ task, args })
      }
    }
    this.postCalls(parcels, unsendable)
    return unsendable
  }

  private postCalls(parcels: readonly Parcel[], unsendable: Unsendable[]): void {
    if (parcels.length === 0) return
    try {
      const calls: unknown[] = []
      for (const parcel of parcels) addCall(calls, parcel)
      this.post({ calls })
    } catch (error) {
      if (parcels.length > 1) for (const parcel of parcels) this.postCalls([parcel], unsendable)
      else this.refuse(parcels[0]!.task, error, unsendable)
    }
  }

  private refuse(task: WorkItem, error: unknown, unsendable: Unsendable[]): void {
    this.tasks.delete(task.slot)
    unsendable.push({ task, error: unsendableArgument(task, error) })
  }

  // ---------------------------------------------------------------- receiving

  private listen(): void {
    const { child, left } = this
    child.on('message', (message: unknown) => {
      // Tasks may send messages too; they are not for the pool.
      const own = (message as Envelope | null)?.['@loop/executor']
      if (own !== undefined) this.receive(own)
    })
    this.listenToOutput()
    child.on('error', (error) => {
      this.cause = error
      // Without a process there is no exit to wait for.
      if (child.pid !== undefined) return
      left.exit = left.channel = left.output = true
      this.gone()
    })
    child.on('exit', (code, signal) => {
      this.exitCode = code
      this.signal = signal
      left.exit = true
      if (!child.connected) left.channel = true
      this.gone()
    })
    child.on('disconnect', () => {
      // Nothing else may keep this process alive until 'exit' is knownFunctions.
      child.ref()
      left.channel = true
      this.gone()
    })
  }

  /** Read as fast as it is taken: a chunk at a time, then the pipe holds the worker back. */
  private listenToOutput(): void {
    const { child, left, owner } = this
    let open = 0
    for (const [number, stream] of [
      [1, child.stdout],
      [2, child.stderr],
    ] as const) {
      if (stream === null) continue
      open++
      left.output = false
      ;(stream as Socket).unref()
      stream.on('data', (chunk: Uint8Array) => {
        stream.pause()
        owner.output(number, chunk, () => stream.resume())
      })
      stream.on('close', () => {
        left.output = --open === 0
        this.gone()
      })
    }
  }

  private receive(message: FromProcess): void {
    const { answers } = message
    if (message.uncaught !== undefined) this.cause ??= decodeError(message.uncaught as Encoded)
    if (message.leaving === true) this.stopClosing()
    if (message.retire === true) this.owner.retire()
    if (answers !== undefined) for (let i = 0; i < answers.length; i += PROCESS_ANSWER) this.receiveAnswer(answers, i)
    if (message.started !== undefined) this.noteStart(...message.started)
    if (message.ready === true) this.owner.ready()
    if (message.initializerFailed !== undefined)
      this.owner.initializerFailed(decodeError(message.initializerFailed as Encoded))
    if (answers !== undefined) this.owner.progressed()
  }

  private receiveAnswer(answers: readonly unknown[], at: number): void {
    const number = answers[at] as number
    const task = this.tasks.get(number)
    if (task === undefined) return
    this.tasks.delete(number)
    this.starts.delete(task)
    const startedAt = answers[at + 3] as number
    const ranMs = answers[at + 4] as number
    this.owner.answered(task, decodeAnswer(task, answers[at + 1], answers[at + 2]), startedAt, ranMs)
  }

  private noteStart(number: number, time: number): void {
    const task = this.tasks.get(number)
    if (task === undefined) return
    this.starts.set(task, time)
    if (task.interrupted) this.interrupt(task)
  }

  private stopClosing(): void {
    if (this.closing !== null) clearTimeout(this.closing)
    this.closing = null
  }

  private gone(): void {
    const { left } = this
    if (left.exit && left.channel && !left.output) this.stopWaitingForOutput()
    if (!left.exit || !left.channel || !left.output || left.reported) return
    left.reported = true
    this.stopClosing()
    if (this.child.pid !== undefined) unwatch(this.child.pid)
    const leftovers = this.leftovers()
    this.progress.close()
    const exit = {
      exitCode: this.exitCode,
      signal: this.signal,
      ...(this.cause === undefined ? {} : { cause: this.cause }),
    }
    this.owner.exited(exit, leftovers)
  }

  /** A process that the worker started may hold the pipes open for ever. */
  private stopWaitingForOutput(): void {
    const { child } = this
    setTimeout(() => {
      child.stdout?.destroy()
      child.stderr?.destroy()
    }, OUTPUT_MS).unref()
  }

  /** The worker runs tasks in the order of their numbers, and noted the last one it started. */
  private leftovers(): Leftovers {
    const started = this.progress.lastStarted()
    const unstarted: WorkItem[] = []
    const lost: WorkItem[] = []
    for (const [number, task] of this.tasks) (number > started ? unstarted : lost).push(task)
    return { unstarted, emptied: [], lost }
  }
}

function holdsSharedMemory(arg: unknown): boolean {
  return inspect([arg], new Map(), []).shared
}

function addCall(calls: unknown[], { task, args }: Parcel): void {
  const placeholders = hasPlaceholders(task.args)
  const flags =
    (task.watched ? WATCHED | MAY_TAKE_LONG : 0) |
    (isBrief(task.fn) ? 0 : MAY_TAKE_LONG) |
    (placeholders ? PLACEHOLDERS : 0)
  calls.push(task.slot, task.fn.id, flags, args.length)
  for (const arg of args) calls.push(arg)
}
