/**
 * Processes under a protocol: asyncio's callbacks, in its order.
 *
 *     connectionMade (pipeDataReceived | pipeConnectionLost | processExited)* connectionLost
 *
 * `processExited` comes once and may come before the last bytes; `pipeConnectionLost` comes once for each pipe;
 * `connectionLost` after all of them.
 */
import type { Awaitable, Coroutine, EventLoop } from '@loop/core'
import { coroutine, getRunningLoop } from '@loop/core'
import { describe } from '@loop/core/lowlevel'
import type { ProtocolFactory, ReadTransport, WriteTransport } from '@loop/net'
import { connectReadPipe, connectWritePipe, ProtocolFactoryError } from '@loop/net'
import { Child } from './child.ts'
import type { ProcessRequest } from './contracts.ts'
import { subprocessRequest } from './create-subprocess.ts'
import type { SubprocessOptions } from './options.ts'
import { keepingOf } from './options.ts'

/** What is called about a process; every method may be left out. What one throws goes to the exception handler. */
export interface SubprocessProtocol {
  /** It runs, and its pipes are open. */
  connectionMade?(transport: SubprocessTransport): void
  /** It wrote bytes to descriptor 1 or 2. They are the protocol's to keep. */
  pipeDataReceived?(fd: number, bytes: Buffer): void
  /** A pipe is closed: undefined at its end, else what broke it. */
  pipeConnectionLost?(fd: number, error: Error | undefined): void
  /** The process has ended: `transport.getReturnCode()`. */
  processExited?(): void
  /** It has ended and all pipes are closed. Called once, last. */
  connectionLost?(error: Error | undefined): void
  /** Its input is not taken as fast as it is written: stop. */
  pauseWriting?(): void
  /** Go on. */
  resumeWriting?(): void
}

/** What can be done with a process under a protocol; asyncio's SubprocessTransport. */
export interface SubprocessTransport {
  getPid(): number
  /** Its exit code, minus the number of the signal that ended it, or null while it runs. */
  getReturnCode(): number | null
  /** The transport of one of its pipes: 0 to write to, 1 and 2 to read; null for what is no pipe. */
  getPipeTransport(fd: 0): WriteTransport | null
  getPipeTransport(fd: 1 | 2): ReadTransport | null
  getPipeTransport(fd: number): WriteTransport | ReadTransport | null
  /** As of a `Process`. */
  sendSignal(signal: NodeJS.Signals | number): void
  terminate(): void
  kill(): void
  /** Closes the pipes and kills what still runs of its tree; `connectionLost` follows its end. Repeatable. */
  close(): void
  isClosing(): boolean
  getProtocol(): SubprocessProtocol
  setProtocol(protocol: SubprocessProtocol): void
  /** `pid`, or `command`; else `fallback`. */
  getExtraInfo(name: string, fallback?: unknown): unknown
}

/** What `subprocessExec` takes: pipes by default, as in asyncio. */
export type SubprocessExecOptions = SubprocessOptions

/**
 * Starts a program under the protocol that `factory` makes. Its three streams are pipes unless the options say
 * otherwise. Throws as `createSubprocessExec` does, and ProtocolFactoryError.
 *
 * ```ts
 * const [transport, protocol] = await subprocessExec(() => new DateProtocol(), 'date')
 * ```
 */
export function subprocessExec<P extends SubprocessProtocol>(
  factory: ProtocolFactory<P>,
  program: string | URL,
  args: readonly string[] = [],
  options: SubprocessExecOptions = {},
): Awaitable<[SubprocessTransport, P]> {
  return coroutine(starting(factory, subprocessRequest(program, args, false, { ...PIPES, ...options }), options))
}

/** Starts a command of the shell; otherwise as {@link subprocessExec}. */
export function subprocessShell<P extends SubprocessProtocol>(
  factory: ProtocolFactory<P>,
  command: string,
  options: SubprocessExecOptions = {},
): Awaitable<[SubprocessTransport, P]> {
  return coroutine(starting(factory, subprocessRequest(command, [], true, { ...PIPES, ...options }), options))
}

const PIPES = { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' } as const

function* starting<P extends SubprocessProtocol>(
  factory: ProtocolFactory<P>,
  request: ProcessRequest,
  options: SubprocessOptions,
): Coroutine<[SubprocessTransport, P]> {
  const loop = options.loop ?? getRunningLoop()
  const protocol = protocolOf(factory)
  const child = new Child(loop, request, keepingOf(options))
  const transport = new ChildTransport(loop, child, protocol)
  const connecting = transport.connect()
  try {
    yield* child.ready()
    yield* connecting
  } catch (error) {
    transport.close()
    yield* child.close(0)
    throw error
  }
  return [transport, protocol]
}

function protocolOf<P>(factory: ProtocolFactory<P>): P {
  if (typeof factory !== 'function')
    throw new TypeError(`a protocol factory is a function that makes a protocol, not ${typeof factory}`)
  let made: P
  try {
    made = factory()
  } catch (cause) {
    throw new ProtocolFactoryError('the protocol factory threw', { cause })
  }
  if (typeof made === 'object' && made !== null) return made
  throw new ProtocolFactoryError(`the protocol factory must return an object, not ${describe(made)}`)
}

type Method = Exclude<keyof SubprocessProtocol, never>

/** See {@link SubprocessTransport}. */
class ChildTransport implements SubprocessTransport {
  private readonly pipes = new Map<number, { transport: WriteTransport | ReadTransport | null; lost: boolean }>()
  /** Calls that came before `connectionMade`; null afterwards. */
  private early: [Method, unknown[]][] | null = []
  private closing = false
  private finished = false

  constructor(
    private readonly loop: EventLoop,
    private readonly child: Child,
    private protocol: SubprocessProtocol,
  ) {
    child.whenExited(() => {
      this.call('processExited')
      this.tryFinish()
    })
  }

  /** Opens the pipes now, and tells the protocol once they are. */
  connect(): Coroutine<void> {
    const { loop, child } = this
    const { stdin, stdout, stderr } = child
    const opening: Awaitable<unknown>[] = []
    for (const [fd, stream] of [stdin, stdout, stderr].entries())
      if (stream !== null) this.pipes.set(fd, { transport: null, lost: false })
    if (stdin !== null) opening.push(connectWritePipe(() => this.writing(), stdin, { loop }))
    if (stdout !== null) opening.push(connectReadPipe(() => this.reading(1), stdout, { loop }))
    if (stderr !== null) opening.push(connectReadPipe(() => this.reading(2), stderr, { loop }))
    return this.connected(opening)
  }

  private *connected(opening: readonly Awaitable<unknown>[]): Coroutine<void> {
    for (const each of opening) yield* each
    const early = this.early ?? []
    this.early = null
    this.call('connectionMade', this)
    for (const [method, args] of early) this.call(method, ...args)
  }

  private writing() {
    return {
      connectionMade: (transport: WriteTransport) => {
        this.opened(0, transport, {
          close: () => {
            transport.abort()
          },
          isClosing: () => true,
        })
      },
      pauseWriting: () => {
        this.protocol.pauseWriting?.()
      },
      resumeWriting: () => {
        this.protocol.resumeWriting?.()
      },
      connectionLost: (error: Error | undefined) => {
        this.pipeLost(0, error)
      },
    }
  }

  private reading(fd: 1 | 2) {
    return {
      connectionMade: (transport: ReadTransport) => {
        this.opened(fd, transport, transport)
      },
      dataReceived: (bytes: Buffer) => {
        this.call('pipeDataReceived', fd, bytes)
      },
      connectionLost: (error: Error | undefined) => {
        this.pipeLost(fd, error)
      },
    }
  }

  private opened(fd: number, transport: WriteTransport | ReadTransport, end: Child['pipes'][number]): void {
    this.pipes.get(fd)!.transport = transport
    this.child.pipes.push(end)
    if (this.closing) end.close()
  }

  private pipeLost(fd: number, error: Error | undefined): void {
    this.pipes.get(fd)!.lost = true
    this.call('pipeConnectionLost', fd, error)
    this.tryFinish()
  }

  private tryFinish(): void {
    if (this.finished || this.child.returnCode === null) return
    for (const { lost } of this.pipes.values()) if (!lost) return
    this.finished = true
    this.call('connectionLost', undefined)
  }

  private call(method: Method, ...args: unknown[]): void {
    if (this.early !== null) this.early.push([method, args])
    else if (!this.loop.isClosed()) this.loop.callSoon(callProtocol, this, method, args)
  }

  // ---------------------------------------------------------------- the program's side

  getPid(): number {
    return this.child.pid
  }

  getReturnCode(): number | null {
    return this.child.returnCode
  }

  getPipeTransport(fd: 0): WriteTransport | null
  getPipeTransport(fd: 1 | 2): ReadTransport | null
  getPipeTransport(fd: number): WriteTransport | ReadTransport | null
  getPipeTransport(fd: number): WriteTransport | ReadTransport | null {
    return this.pipes.get(fd)?.transport ?? null
  }

  sendSignal(signal: NodeJS.Signals | number): void {
    this.child.signal(signal)
  }

  terminate(): void {
    this.child.signal('SIGTERM')
  }

  kill(): void {
    this.child.signal('SIGKILL')
  }

  close(): void {
    if (this.closing) return
    this.closing = true
    const mayRun = this.child.mayRun
    for (const { transport } of this.pipes.values()) transport?.close()
    if (mayRun) void this.child.endTree(0)
  }

  isClosing(): boolean {
    return this.closing
  }

  getProtocol(): SubprocessProtocol {
    return this.protocol
  }

  setProtocol(protocol: SubprocessProtocol): void {
    this.protocol = protocol
  }

  getExtraInfo(name: string, fallback?: unknown): unknown {
    if (name === 'pid') return this.child.pid
    return name === 'command' ? [this.child.request.program, ...this.child.request.args] : fallback
  }
}

function callProtocol(transport: SubprocessTransport, method: Method, args: readonly unknown[]): void {
  const protocol = transport.getProtocol()
  ;(protocol[method] as ((...args: readonly unknown[]) => void) | undefined)?.apply(protocol, args as unknown[])
}
