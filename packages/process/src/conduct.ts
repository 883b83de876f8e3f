/**
 * Commands from their start to their end, one or several in a row, each reading what the one before it writes: what
 * `run` and `pipe` are made of.
 */
import type { Coroutine, EventLoop, Future, Task } from '@loop/core'
import type { StreamReader, StreamWriter } from '@loop/net/streams'
import { Child } from './child.ts'
import type { StandardInput } from './contracts.ts'
import { ProcessTimeoutError } from './errors.ts'
import type { Ended } from './errors.ts'
import type { Input } from './input.ts'
import { bytesOf, feed, isWhole } from './input.ts'
import type { ProcessOptions } from './options.ts'
import { commandText, keepingOf, requestOf } from './options.ts'
import type { CommandOutput, Destination } from './outputs.ts'
import { destinationOf, pump } from './outputs.ts'
import { Process } from './process.ts'

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

/** How one command of the row ended, and whether the one after it took no more of what it wrote. */
export interface EndedStage extends Ended {
  readonly cut: boolean
}

/** Runs the stages to their ends; how each ended. Cancellation, `timeout` and `signal` end all their trees. */
export function* conducting(loop: EventLoop, stages: readonly Stage[], asked: Conduct): Coroutine<EndedStage[]> {
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
  /** The command after it took no more of what it wrote. */
  cut: boolean
}

class Row {
  readonly members: Member[] = []
  private readonly pumps: Task<void>[] = []
  private feeder: Task<void> | null = null
  private isLate = false
  private stopped = false
  private failure: { readonly error: unknown } | null = null
  private readonly stops: (() => void)[] = []

  constructor(
    private readonly loop: EventLoop,
    private readonly asked: Conduct,
  ) {}

  // ---------------------------------------------------------------- the start

  /** Starts all, one right after the other. */
  start(stages: readonly Stage[]): void {
    for (const [place, stage] of stages.entries()) {
      const stdin = place === 0 ? this.firstInput() : 'pipe'
      if (!this.startOne(stage, stdin, place === stages.length - 1)) return
    }
  }

  /** Whether it was started; else its `ready` says why not. */
  private startOne({ program, args, shell, stderr, options }: Stage, stdin: StandardInput, last: boolean): boolean {
    const opened: Destination[] = []
    const open = (output: CommandOutput, name: string): Destination => {
      opened.push(destinationOf(output, name))
      return opened.at(-1)!
    }
    try {
      const out = last ? open(this.asked.stdout, 'stdout') : null
      const err = stderr === 'stdout' ? null : open(stderr, 'stderr')
      const stdio = { stdin, stdout: out?.stdio ?? 'pipe', stderr: err?.stdio ?? 'stdout' } as const
      const child = new Child(this.loop, requestOf(program, args, shell, stdio, options), keepingOf(this.asked))
      this.members.push({ child, stdout: out, stderr: err, process: new Process(child), cut: false })
      return child.isStarted
    } finally {
      // The child has its own copy.
      for (const { release } of opened) release()
    }
  }

  private firstInput(): StandardInput {
    return this.asked.input === undefined ? this.asked.stdin : 'pipe'
  }

  // ---------------------------------------------------------------- the run

  *run(): Coroutine<EndedStage[]> {
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
    yield* this.settle()
    const text = (bytes: Buffer | null | undefined) =>
      bytes === null || bytes === undefined || encoding === 'buffer' ? (bytes ?? null) : bytes.toString(encoding)
    const all = members.map(({ child }, place) => ({
      command: commandText(child.request),
      returnCode: codes[place]!,
      stdout: text(outputs[place]![0]),
      stderr: text(outputs[place]![1]),
      cut: this.members[place]!.cut,
    }))
    this.throwFailure(all)
    return all
  }

  /** What this process has to carry: from stage to stage where pipes cannot be given away, and to streams. */
  private connect(): void {
    for (const [place, { process, stdout, stderr }] of this.members.entries()) {
      const next = this.members[place + 1]
      if (next !== undefined && process.stdout !== null && next.process.stdin !== null)
        this.carry(() => this.join(this.members[place]!, next.process.stdin!))
      this.carryTo(process.stdout, stdout)
      this.carryTo(process.stderr, stderr)
    }
  }

  /** Carries what one command writes to the next. When that takes no more, the first one is told by its pipe. */
  private async join(from: Member, to: StreamWriter): Promise<void> {
    if ((await feed(to, from.process.stdout!)) === 'all') return
    from.cut = true
    from.process.closeStdout()
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
    const feeder = this.watch(async () => {
      await feed(stdin, input)
    })
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
        if (this.stopped || this.loop.isClosed()) return
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
    yield* this.settle()
  }

  /** Ends what goes on beside the commands. */
  private *settle(): Coroutine<void> {
    for (const task of [...this.pumps, this.feeder]) {
      if (task === null || task.done()) continue
      task.cancel()
      yield* ended(this.loop, task)
    }
  }

  /** Leaves nothing behind. */
  stop(): void {
    this.stopped = true
    for (const stop of this.stops.splice(0)) stop()
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
