/**
 * Commands from their start to their end, one or several in a row, each reading what the one before it writes: what
 * `run` and `pipe` are made of.
 */
import type { Coroutine, EventLoop, Future, Task } from '@loop/core'
import type { StreamReader } from '@loop/net/streams'
import { Child } from './child.ts'
import type { ProcessRequest, StandardInput, StandardOutput } from './contracts.ts'
import { ProcessTimeoutError } from './errors.ts'
import type { Ended } from './errors.ts'
import type { Input } from './input.ts'
import { bytesOf, feed, isWhole, join } from './input.ts'
import type { ProcessOptions } from './options.ts'
import { commandText, keepingOf, requestOf } from './options.ts'
import type { CommandOutput, Destination } from './outputs.ts'
import { destinationOf, pump } from './outputs.ts'
import { Process } from './process.ts'
import { processProvider } from './provider.ts'

/** Milliseconds in which outputs end after their tree has: what it wrote is in the pipes. Who left it may hold them. */
const LINGER_MS = 100

/** One command of the row. */
export interface Stage {
  readonly program: string | URL
  readonly args: readonly string[]
  readonly shell: boolean
  readonly stderr: CommandOutput | 'stdout'
  readonly options: ProcessOptions
}

/** What is asked of the row as a whole. */
export interface Conduct extends Pick<ProcessOptions, 'signal' | 'grace' | 'cleanup'> {
  readonly input: Input | undefined
  readonly stdin: StandardInput
  readonly stdout: CommandOutput
  readonly timeout: number | undefined
  readonly encoding: BufferEncoding | 'buffer'
}

/** Runs the stages to their ends; how each ended. Cancellation, `timeout` and `signal` end all their trees. */
export function* conducting(loop: EventLoop, stages: readonly Stage[], asked: Conduct): Coroutine<Ended[]> {
  const row = new Row(loop, asked)
  try {
    row.start(stages)
    for (const { child } of row.members) yield* child.ready()
    return yield* row.run()
  } catch (error) {
    yield* row.close()
    throw error
  } finally {
    row.stop()
  }
}

/** A command that was started, and where its outputs go. */
interface Member {
  readonly child: Child
  readonly process: Process
  readonly stdout: Destination | null
  readonly stderr: Destination | null
}

class Row {
  readonly members: Member[] = []
  private readonly pumps: Task<void>[] = []
  private feeder: Task<void> | null = null
  private isLate = false
  private failure: { readonly error: unknown } | null = null
  private readonly stops: (() => void)[] = []

  constructor(
    private readonly loop: EventLoop,
    private readonly asked: Conduct,
  ) {}

  // ---------------------------------------------------------------- the start

  /** Starts all, one right after the other, so that Node reads from no pipe that is to be given away. */
  start(stages: readonly Stage[]): void {
    const { loop, asked } = this
    const passes = processProvider(loop).passesPipes
    const started: { child: Child; stdout: Destination | null; stderr: Destination | null }[] = []
    const opened: Destination[] = []
    try {
      for (const [place, stage] of stages.entries()) {
        const before = started.at(-1)?.child
        const last = place === stages.length - 1
        const stdout = last ? destinationOf(asked.stdout, 'stdout') : null
        if (stdout !== null) opened.push(stdout)
        const stderr = stage.stderr === 'stdout' ? null : destinationOf(stage.stderr, 'stderr')
        if (stderr !== null) opened.push(stderr)
        const stdin = before === undefined ? this.firstInput() : passes ? before.passStdout() : 'pipe'
        started.push({ child: this.startOne(stage, stdin, stdout, stderr), stdout, stderr })
        // The child has it now. With a copy here its writer would never learn that nobody reads any more.
        if (typeof stdin === 'object' && before !== undefined) stdin.destroy()
        if (started.at(-1)?.child.isStarted !== true) break
      }
    } finally {
      for (const { release } of opened) release()
      for (const { child, stdout, stderr } of started)
        this.members.push({ child, stdout, stderr, process: new Process(child) })
    }
  }

  private startOne(
    { program, args, shell, options }: Stage,
    stdin: ProcessRequest['stdin'],
    stdout: Destination | null,
    stderr: Destination | null,
  ): Child {
    const places = {
      stdin,
      stdout: stdout?.stdio ?? ('pipe' as StandardOutput),
      stderr: stderr?.stdio ?? ('stdout' as const),
    }
    return new Child(this.loop, requestOf(program, args, shell, places, options), keepingOf(this.asked))
  }

  private firstInput(): StandardInput {
    return this.asked.input === undefined ? this.asked.stdin : 'pipe'
  }

  // ---------------------------------------------------------------- the run

  *run(): Coroutine<Ended[]> {
    const { loop, asked, members } = this
    const { signal, timeout, encoding } = asked
    if (timeout !== undefined) {
      const limit = loop.callLater(timeout, () => {
        this.isLate = true
        this.endEarly()
      })
      this.stops.push(() => {
        limit.cancel()
      })
    }
    if (signal !== undefined) this.endOn(signal)
    const reads = members.map(({ process, stdout, stderr }) => [
      stdout?.captured === true ? (process.stdout?.read() ?? null) : null,
      stderr?.captured === true ? (process.stderr?.read() ?? null) : null,
    ])
    this.connect()
    this.feed()
    const outputs: (Buffer | null)[][] = []
    for (const [out, err] of reads) outputs.push([out === null ? null : yield* out!, err === null ? null : yield* err!])
    const codes: number[] = []
    for (const { child } of members) codes.push(yield* child.wait())
    for (const task of this.pumps) yield* ended(loop, task)
    const text = (bytes: Buffer | null | undefined) =>
      bytes === null || bytes === undefined || encoding === 'buffer' ? (bytes ?? null) : bytes.toString(encoding)
    const all = members.map(({ child }, place) => ({
      command: commandText(child.request),
      returnCode: codes[place]!,
      stdout: text(outputs[place]![0]),
      stderr: text(outputs[place]![1]),
    }))
    this.throwFailure(all)
    return all
  }

  /** What this process has to carry: from stage to stage where pipes cannot be given away, and to streams. */
  private connect(): void {
    for (const [place, { process, stdout, stderr }] of this.members.entries()) {
      const next = this.members[place + 1]
      if (next !== undefined && process.stdout !== null && next.process.stdin !== null)
        this.carry(() => join(process.stdout!, next.process.stdin!, this.members[place]!.child))
      this.carryTo(process.stdout, stdout)
      this.carryTo(process.stderr, stderr)
    }
  }

  private carryTo(reader: StreamReader | null, to: Destination | null): void {
    const stream = to?.stream ?? null
    if (reader !== null && stream !== null) this.carry(() => pump(this.loop, reader, stream))
  }

  private carry(work: () => Promise<void>): void {
    this.pumps.push(this.watch(work))
  }

  private feed(): void {
    const { input } = this.asked
    const first = this.members[0]!
    const { stdin } = first.process
    if (input === undefined || stdin === null) return
    if (isWhole(input)) {
      stdin.write(bytesOf(input))
      stdin.close()
      return
    }
    const feeder = this.watch(() => feed(stdin, input))
    this.feeder = feeder
    // Who gives the pieces may wait for ever for the next.
    first.child.whenExited(() => {
      feeder.cancel()
    })
  }

  /** A task beside the commands; one that fails ends them. */
  private watch(work: () => Promise<void>): Task<void> {
    const task = this.loop.createTask(work)
    task.addDoneCallback(() => {
      if (task.cancelled()) return
      const error = task.exception()
      if (error === null) return
      this.failure ??= { error }
      this.endEarly()
    })
    return task
  }

  // ---------------------------------------------------------------- the end

  private endOn(signal: AbortSignal): void {
    const onAbort = (): void => {
      if (!this.loop.isClosed())
        this.loop.callSoonThreadsafe(() => {
          this.endEarly()
        })
    }
    signal.addEventListener('abort', onAbort, { once: true })
    this.stops.push(() => {
      signal.removeEventListener('abort', onAbort)
    })
  }

  /** Ends the trees; and a little later their outputs, should somebody who has left them hold the pipes. */
  private endEarly(): void {
    for (const { child } of this.members) {
      child.endTree().addDoneCallback(() => {
        if (this.loop.isClosed()) return
        const linger = this.loop.callLater(LINGER_MS, () => {
          child.closePipes()
        })
        this.stops.push(() => {
          linger.cancel()
        })
      })
    }
  }

  private throwFailure(all: readonly Ended[]): void {
    const { signal, timeout } = this.asked
    if (signal?.aborted === true) throw signal.reason
    if (this.failure !== null) throw this.failure.error
    const last = all.at(-1)!
    if (this.isLate)
      throw new ProcessTimeoutError({ ...last, command: all.map(({ command }) => command).join(' | ') }, timeout!)
  }

  /** Ends what runs, in clean-up: all at the same time. */
  *close(): Coroutine<void> {
    for (const { child } of this.members) if (child.mayRun) void child.endTree()
    let thrown: { readonly error: unknown } | null = null
    for (const { child } of this.members) {
      try {
        yield* child.close()
      } catch (error) {
        thrown = { error }
      }
    }
    if (thrown !== null) throw thrown.error
  }

  /** Leaves nothing behind. */
  stop(): void {
    for (const stop of this.stops.splice(0)) stop()
    for (const task of [...this.pumps, this.feeder]) if (task !== null && !task.done()) task.cancel()
    for (const { child } of this.members) child.closePipes()
  }
}

/** Waits for the end of a task, whatever it is; a request to cancel who waits does not reach it. */
function* ended(loop: EventLoop, task: Task<void>): Coroutine<void> {
  if (task.done()) return
  const done: Future<void> = loop.createFuture<void>()
  const tell = (): void => {
    if (!done.done()) done.setResult()
  }
  task.addDoneCallback(tell)
  try {
    yield* done
  } finally {
    task.removeDoneCallback(tell)
  }
}
