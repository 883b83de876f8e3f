/** Processes that are made up: coroutines of the loop that read, write, wait in the loop's time, and end. */
import type { Coroutine, EventLoop, Task } from '@loop/core'
import { coroutine, getRunningLoop, isCancellation, sleep } from '@loop/core'
import { describe } from '@loop/core/lowlevel'
import type { StreamReader } from '@loop/net/streams'
import { openReadPipe } from '@loop/net/streams'
import { constants } from 'node:os'
import { PassThrough } from 'node:stream'
import type { ProcessEvents, ProcessProvider, ProcessRequest, StartedProcess } from '../contracts.ts'
import { SpawnError } from '../errors.ts'
import { commandText } from '../options.ts'
import { setProcessProvider } from '../provider.ts'

/** The first number that is given; the rest follow. */
const FIRST_PID = 1000
/** What a program that throws ends with: that of Node and Python. */
const FAILURE = 1

/** What a made-up program is, in data. */
export interface FakeResult {
  /** What it writes, after `delay`. */
  readonly stdout?: string | Uint8Array
  readonly stderr?: string | Uint8Array
  /** Its exit code; 0 by default. */
  readonly returnCode?: number
  /** Milliseconds of the loop's time that it takes; 0 by default. */
  readonly delay?: number
}

/** The program's side of a made-up process. */
export interface FakeProcess extends Pick<ProcessRequest, 'program' | 'args' | 'cwd' | 'env'> {
  readonly pid: number
  /** Its standard input; at its end at once unless that is a pipe. */
  readonly stdin: StreamReader
  /** Writes to its standard output. */
  print(data: string | Uint8Array): void
  /** Writes to its standard error. */
  complain(data: string | Uint8Array): void
  /**
   * Has `answer` called for a signal instead of the end that it would be. SIGKILL and SIGSTOP cannot be answered.
   *
   * ```ts
   * child.onSignal('SIGTERM', () => {})   // a program that does not listen
   * ```
   */
  onSignal(signal: NodeJS.Signals, answer: () => void): void
}

/** A made-up program: what it gives in the end is its exit code, 0 for nothing. Both kinds of coroutine function. */
export type FakeProgram = (child: FakeProcess) => PromiseLike<number | void> | Coroutine<number | void>

/**
 * Programs of a test, in place of those of the system. They live on the loop, in its time, so that in a deterministic
 * loop a build of an hour takes no time and every run is the same.
 *
 * ```ts
 * const fakes = new FakeProcesses()
 *   .program('git', { stdout: 'abc123\n' })
 *   .program('make', async (child) => { await sleep(60_000); child.print('built\n'); return 0 })
 * await run(main, { loopFactory: fakes.loopFactory(deterministicLoop()) })
 * ```
 */
export class FakeProcesses implements ProcessProvider {
  readonly name = 'fake'
  readonly asks = true
  /** The commands that were started, in order. */
  readonly started: string[] = []
  private readonly programs = new Map<string, FakeProgram>()
  private shell: FakeProgram | null = null
  private nextPid = FIRST_PID

  /** Makes a program up. One that is started and not made up is a SpawnError (ENOENT), as one that is not installed. */
  program(name: string, what: FakeProgram | FakeResult): this {
    this.programs.set(name, programOf(what))
    return this
  }

  /** Makes the shell up: `child.program` is the command. */
  shellProgram(what: FakeProgram | FakeResult): this {
    this.shell = programOf(what)
    return this
  }

  /** Has all processes of a loop come from here. */
  install(loop: EventLoop = getRunningLoop()): void {
    setProcessProvider(loop, this)
  }

  /** A factory of loops like those of `make`, whose processes come from here. */
  loopFactory<L extends EventLoop>(make: () => L): () => L {
    return () => {
      const loop = make()
      this.install(loop)
      return loop
    }
  }

  /** @internal */
  start(request: ProcessRequest, events: ProcessEvents): StartedProcess {
    const { program, shell } = request
    const made = shell ? this.shell : (this.programs.get(program) ?? null)
    if (made === null) {
      const why = shell ? 'the shell is not made up: shellProgram()' : `it is not made up: program('${program}', …)`
      throw new SpawnError(`cannot start ${program}: ${why}`, 'ENOENT', -constants.errno.ENOENT, program)
    }
    this.started.push(commandText(request))
    return new Fake(getRunningLoop(), this.nextPid++, request, events, made)
  }
}

function programOf(what: FakeProgram | FakeResult): FakeProgram {
  if (typeof what === 'function') return what
  if (typeof what !== 'object' || what === null)
    throw new TypeError(`a program is a coroutine function, or what it writes and gives, got ${describe(what)}`)
  const { stdout = '', stderr = '', returnCode = 0, delay = 0 } = what
  return function* (child) {
    if (delay > 0) yield* sleep(delay)
    child.print(stdout)
    child.complain(stderr)
    return returnCode
  }
}

/** One made-up process, from both sides. */
class Fake implements StartedProcess {
  readonly stdin: PassThrough | null
  readonly stdout: PassThrough | null
  readonly stderr: PassThrough | null
  private readonly answers = new Map<string, () => void>()
  private readonly task: Task<number | void>
  private signalled: NodeJS.Signals | null = null
  private over = false

  constructor(
    private readonly loop: EventLoop,
    readonly pid: number,
    request: ProcessRequest,
    private readonly events: ProcessEvents,
    program: FakeProgram,
  ) {
    const pipeFor = (place: unknown): PassThrough | null => (place === 'pipe' ? new PassThrough() : null)
    this.stdin = pipeFor(request.stdin)
    this.stdout = pipeFor(request.stdout)
    this.stderr = pipeFor(request.stderr)
    const child = this.sideOf(request)
    this.task = loop.createTask(() => coroutine(this.running(program, child)), { name: `fake ${request.program}` })
    this.task.addDoneCallback(() => {
      this.end()
    })
  }

  signal(signal: NodeJS.Signals | number): boolean {
    if (this.over) return false
    const name = typeof signal === 'number' ? nameOf(signal) : signal
    if (name === null || name === 'SIGCONT' || name === 'SIGSTOP') return true
    const answer = name === 'SIGKILL' ? undefined : this.answers.get(name)
    if (answer !== undefined) {
      this.loop.callSoon(answer)
      return true
    }
    this.signalled ??= name
    this.task.cancel(`signal ${name}`)
    // It has no say in its end, whatever it makes of the cancellation.
    this.loop.callSoon(() => {
      this.end()
    })
    return true
  }

  treeAlive(): boolean {
    return false
  }

  private *running(program: FakeProgram, child: FakeProcess): Coroutine<number | void> {
    const made = program(child)
    return 'next' in made ? yield* made : ((yield made) as number | void)
  }

  private sideOf({ program, args, cwd, env, stderr }: ProcessRequest): FakeProcess {
    const { loop } = this
    const empty = new PassThrough()
    empty.end()
    const [input] = openReadPipe(this.stdin ?? empty, { loop })
    const errors = stderr === 'stdout' ? this.stdout : this.stderr
    return {
      program,
      args,
      cwd,
      env,
      pid: this.pid,
      stdin: input,
      print: (data) => {
        writeTo(this.stdout, data)
      },
      complain: (data) => {
        writeTo(errors, data)
      },
      onSignal: (signal, answer) => {
        this.answers.set(signal, answer)
      },
    }
  }

  private end(): void {
    if (this.over) return
    this.over = true
    const { task, signalled } = this
    this.stdout?.end()
    this.stderr?.end()
    this.stdin?.destroy()
    if (signalled !== null) this.events.exited(null, signalled)
    else this.events.exited(this.codeOf(task), null)
  }

  private codeOf(task: Task<number | void>): number {
    if (task.cancelled()) return FAILURE
    const error = task.exception()
    if (error === null) return task.result() ?? 0
    if (isCancellation(error) === null)
      this.loop.callExceptionHandler({ message: 'a made-up program failed', exception: error, future: task })
    return FAILURE
  }
}

function writeTo(pipe: PassThrough | null, data: string | Uint8Array): void {
  if (pipe?.writable === true && data.length > 0) pipe.write(data)
}

function nameOf(number: number): NodeJS.Signals | null {
  const found = Object.entries(constants.signals).find(([, each]) => each === number)
  return (found?.[0] as NodeJS.Signals | undefined) ?? null
}
