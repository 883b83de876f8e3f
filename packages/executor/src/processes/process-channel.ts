/** The pool's end of one worker process: messages over Node's IPC, batched both ways, and a progress file. */
import { spawn, type ChildProcess } from 'node:child_process'
import { NOTHING_UNSENDABLE, type Channel, type ChannelOwner, type Leftovers, type Unsendable } from '../channel.ts'
import { decodeAnswer } from '../decode-answer.ts'
import { decodeError } from '../error-decoder.ts'
import { isBrief } from '../estimates.ts'
import type { Initializer } from '../pool-worker.ts'
import { hasStandIns, packArguments } from '../stand-ins.ts'
import type { Task } from '../task.ts'
import { unsendableArgument } from '../unsendable.ts'
import type { Encoded } from '../worker/error-codec.ts'
import type { Definition } from '../worker/function-table.ts'
import { processBootstrap, processSource } from './process-source.ts'
import type { FromProcess, ToProcess } from './process-worker.ts'
import { ProgressFile } from './progress-file.ts'

/** How a process is started. */
export interface ProcessSettings {
  readonly name: string
  readonly initializer: Initializer | null
  readonly execArgv: readonly string[]
  readonly env: NodeJS.ProcessEnv
}

// Flags of a call, as the worker reads them.
const MAY_TAKE_LONG = 1
const WATCHED = 2
const STAND_INS = 4
/** Values of an answer, as the worker writes them. */
const ANSWER = 5

export class ProcessChannel implements Channel {
  /** As deep as a thread's table; brief tasks only ever get there. */
  readonly capacity = 1024
  readonly revocable = false
  readonly leastAhead = 1
  /** Sent and not answered, in order of sending. */
  private readonly tasks = new Map<number, Task>()
  private readonly starts = new Map<Task, number>()
  private outgoing: Task[] = []
  private readonly told = new Set<number>()
  private readonly progress = new ProgressFile()
  private readonly child: ChildProcess
  private lastNumber = 0
  private cause: unknown
  private exitCode: number | null = null
  private signal: string | null = null
  /** Both must have happened: the last answers are read before the channel closes. */
  private left = { exit: false, channel: false, told: false }

  constructor(
    settings: ProcessSettings,
    private readonly owner: ChannelOwner,
  ) {
    this.child = spawn(process.execPath, [...settings.execArgv, '--title', settings.name, '-e', processBootstrap], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc', this.progress.fd],
      serialization: 'advanced',
      env: settings.env,
    })
    this.listen()
    this.child.send(processSource())
    this.post({ initialize: settings.initializer })
    this.child.unref()
    this.keepAlive(false)
  }

  get held(): number {
    return this.tasks.size
  }

  send(task: Task): void {
    task.slot = ++this.lastNumber
    this.tasks.set(task.slot, task)
    this.outgoing.push(task)
  }

  flush(): readonly Unsendable[] {
    const { outgoing } = this
    if (outgoing.length === 0) return NOTHING_UNSENDABLE
    this.outgoing = []
    const definitions = this.untold(outgoing)
    if (definitions.length > 0) this.post({ definitions })
    const calls: unknown[] = []
    for (const task of outgoing) addCall(calls, task)
    try {
      this.post({ calls })
      return NOTHING_UNSENDABLE
    } catch {
      return this.postOneByOne(outgoing)
    }
  }

  /** Once sent, a task cannot be taken back: the worker shares no memory. */
  revoke(task: Task): boolean {
    const index = this.outgoing.indexOf(task)
    if (index === -1) return false
    this.outgoing.splice(index, 1)
    this.tasks.delete(task.slot)
    return true
  }

  revokeAll(): readonly Task[] {
    const back = this.outgoing
    this.outgoing = []
    for (const task of back) this.tasks.delete(task.slot)
    return back
  }

  startedAt(task: Task): number | null {
    return this.starts.get(task) ?? null
  }

  interrupt(task: Task): void {
    // One that waits is asked when it starts: the file holds one number, that of the running task.
    if (!this.starts.has(task)) return
    this.progress.askToStop(task.slot)
    this.post({ interrupt: true })
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
    this.post({ close: true })
  }

  kill(): void {
    this.child.ref()
    this.child.kill('SIGKILL')
  }

  // ---------------------------------------------------------------- sending

  private post(message: ToProcess): void {
    // A worker that died in the meantime is told by its events.
    if (this.child.connected) this.child.send(message, () => {})
  }

  private untold(tasks: readonly Task[]): Definition[] {
    const definitions: Definition[] = []
    for (const { fn } of tasks) {
      if (this.told.has(fn.id)) continue
      this.told.add(fn.id)
      definitions.push(fn.definition!)
    }
    return definitions
  }

  private postOneByOne(tasks: readonly Task[]): readonly Unsendable[] {
    const unsendable: Unsendable[] = []
    for (const task of tasks) {
      const calls: unknown[] = []
      addCall(calls, task)
      try {
        this.post({ calls })
      } catch (error) {
        this.tasks.delete(task.slot)
        unsendable.push({ task, error: unsendableArgument(task, error) })
      }
    }
    return unsendable
  }

  // ---------------------------------------------------------------- receiving

  private listen(): void {
    const { child, left } = this
    child.on('message', (message) => {
      this.receive(message as FromProcess)
    })
    child.on('error', (error) => {
      this.cause = error
      // Without a process there is no exit to wait for.
      if (child.pid !== undefined) return
      left.exit = left.channel = true
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
      // Nothing else may keep this process alive until 'exit' is told.
      child.ref()
      left.channel = true
      this.gone()
    })
  }

  private receive(message: FromProcess): void {
    const { answers } = message
    if (answers !== undefined) for (let i = 0; i < answers.length; i += ANSWER) this.receiveAnswer(answers, i)
    if (message.started !== undefined) this.noteStart(...message.started)
    if (message.ready === true) this.owner.ready()
    if (message.initializerFailed !== undefined) this.owner.initializerFailed(decodeError(message.initializerFailed as Encoded))
    if (answers !== undefined) this.owner.progressed()
  }

  private receiveAnswer(answers: readonly unknown[], at: number): void {
    const number = answers[at] as number
    const task = this.tasks.get(number)!
    this.tasks.delete(number)
    this.starts.delete(task)
    const startedAt = answers[at + 3] as number
    const ranMs = answers[at + 4] as number
    if (answers[at + 1] === 0) this.owner.succeeded(task, answers[at + 2], startedAt, ranMs)
    else this.owner.failed(task, decodeAnswer(task, answers[at + 2]), startedAt, ranMs)
  }

  private noteStart(number: number, time: number): void {
    const task = this.tasks.get(number)
    if (task === undefined) return
    this.starts.set(task, time)
    if (task.interrupted) this.interrupt(task)
  }

  private gone(): void {
    const { left } = this
    if (!left.exit || !left.channel || left.told) return
    left.told = true
    const leftovers = this.leftovers()
    this.progress.close()
    const exit = { exitCode: this.exitCode, signal: this.signal, ...(this.cause === undefined ? {} : { cause: this.cause }) }
    this.owner.exited(exit, leftovers)
  }

  /** The worker runs tasks in the order of their numbers, and noted the last one it started. */
  private leftovers(): Leftovers {
    const started = this.progress.lastStarted()
    const unstarted: Task[] = []
    const lost: Task[] = []
    for (const [number, task] of this.tasks) (number > started ? unstarted : lost).push(task)
    return { unstarted, lost }
  }
}

function addCall(calls: unknown[], task: Task): void {
  const standIns = hasStandIns(task.args)
  const flags = (task.watched ? WATCHED | MAY_TAKE_LONG : 0) | (isBrief(task.fn) ? 0 : MAY_TAKE_LONG) | (standIns ? STAND_INS : 0)
  const args = packArguments(task.args, [])
  calls.push(task.slot, task.fn.id, flags, args.length)
  for (const arg of args) calls.push(arg)
}
