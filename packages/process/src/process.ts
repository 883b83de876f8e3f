import type { Awaitable, Coroutine } from '@loop/core'
import { coroutine, InvalidStateError } from '@loop/core'
import { describe } from '@loop/core/lowlevel'
import type { ReadTransport } from '@loop/net'
import type { StreamReader, StreamWriter } from '@loop/net/streams'
import { openReadPipe, openWritePipe } from '@loop/net/streams'
import type { Child } from './child.ts'
import { checkGrace, commandText } from './options.ts'

/** What a process is given to read: bytes, or text in UTF-8. */
export type InputData = string | Uint8Array

/**
 * A process that was started by `createSubprocessExec` or `createSubprocessShell`; asyncio's.
 *
 * ```ts
 * await using child = await createSubprocessExec('sort', [], { stdin: 'pipe', stdout: 'pipe' })
 * const [sorted] = await child.communicate('b\na\n')
 * ```
 *
 * `await using` ends the tree of processes when the block is left, however it is left: that is what a cancelled task,
 * or a timeout around the block, does with it.
 */
export class Process implements AsyncDisposable {
  /** The process's number. */
  readonly pid: number
  /** Its standard input; null unless that is 'pipe'. */
  readonly stdin: StreamWriter | null
  /** Its standard output; null unless that is 'pipe'. */
  readonly stdout: StreamReader | null
  /** Its standard error; null unless that is 'pipe'. */
  readonly stderr: StreamReader | null

  private readonly output: ReadTransport | null

  /** @internal Opens the pipes, before Node looks at them again: what nobody listens to would be lost. */
  constructor(
    private readonly child: Child,
    limit?: number,
  ) {
    this.pid = child.pid
    this.stdin = this.writer()
    const [stdout, output] = this.reader(child.stdout, limit)
    this.stdout = stdout
    this.output = output
    this.stderr = this.reader(child.stderr, limit)[0]
  }

  /** Its exit code; minus the number of the signal that ended it; null while it runs. */
  get returnCode(): number | null {
    return this.child.returnCode
  }

  /**
   * Waits for its end, and gives the return code. With pipes that nobody reads it may wait for ever, since the process
   * does: see `communicate`. A wait that is cancelled leaves the process alone.
   */
  wait(): Awaitable<number> {
    return this.child.wait()
  }

  /**
   * Writes `input`, closes standard input, reads both outputs to their ends, and waits for the process: gives what was
   * read, null for what is no pipe. A process that does not read its input is no error. All is kept in memory.
   *
   * When it is cancelled, the process goes on, and it can be called again: nothing that was read is lost.
   * Throws InvalidStateError for input without a pipe, TypeError for other input.
   */
  communicate(input?: InputData): Awaitable<[stdout: Buffer | null, stderr: Buffer | null]> {
    if (input !== undefined) {
      if (typeof input !== 'string' && !(input instanceof Uint8Array))
        throw new TypeError(`input is text or bytes, got ${describe(input)}`)
      if (this.stdin === null) throw new InvalidStateError("input needs a pipe: stdin: 'pipe'")
    }
    return coroutine(this.communicating(input))
  }

  /**
   * Sends it a signal, by name or number. It alone is told, as in asyncio; `close` ends what it has started, too. Throws
   * ProcessLookupError once it has ended. Windows knows no signals: all but 0 end the process.
   */
  sendSignal(signal: NodeJS.Signals | number): void {
    this.child.signal(signal)
  }

  /** Sends SIGTERM: asks it to end. */
  terminate(): void {
    this.child.signal('SIGTERM')
  }

  /** Sends SIGKILL: ends it. */
  kill(): void {
    this.child.signal('SIGKILL')
  }

  /**
   * Ends what still runs of its tree, by SIGTERM, and after `grace` milliseconds SIGKILL; then closes its pipes.
   * Waits for the end; a request to cancel meanwhile sends SIGKILL at once. Repeatable.
   */
  close(options: { readonly grace?: number } = {}): Awaitable<void> {
    return coroutine(this.child.close(options.grace === undefined ? undefined : checkGrace(options.grace)))
  }

  /** As `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** How it looks in a log. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    const state = this.returnCode === null ? 'running' : `returnCode ${this.returnCode}`
    return `Process(${this.pid}, ${commandText(this.child.request)}, ${state})`
  }

  /** @internal Has the process told, by its pipe, that nobody reads what it writes. */
  closeStdout(): void {
    this.output?.close()
  }

  private *communicating(input: InputData | undefined): Coroutine<[Buffer | null, Buffer | null]> {
    // Both are read at the same time from here on, so that neither pipe fills up.
    const reads = [this.stdout?.read() ?? null, this.stderr?.read() ?? null] as const
    try {
      this.feed(input)
      const stdout = reads[0] === null ? null : yield* reads[0]
      const stderr = reads[1] === null ? null : yield* reads[1]
      yield* this.child.wait()
      return [stdout, stderr]
    } finally {
      // A read that goes on would be in the way of the next one.
      for (const read of reads) (read as { cancel?(): boolean } | null)?.cancel?.()
    }
  }

  /** Writes all and closes. Whether the process takes it is its own affair. */
  private feed(input: InputData | undefined): void {
    const { stdin } = this
    if (stdin === null || stdin.isClosing()) return
    if (input !== undefined) stdin.write(typeof input === 'string' ? Buffer.from(input) : input)
    stdin.close()
  }

  private writer(): StreamWriter | null {
    const { stdin, loop, pipes } = this.child
    if (stdin === null) return null
    const writer = openWritePipe(stdin, { loop })
    pipes.push({
      // What it has not taken by now it will not take.
      close: () => {
        writer.transport.abort()
      },
      // An input that is open keeps nothing alive.
      isClosing: () => true,
    })
    return writer
  }

  private reader(stream: Child['stdout'], limit: number | undefined): [StreamReader, ReadTransport] | [null, null] {
    if (stream === null) return [null, null]
    const { loop, pipes } = this.child
    const [reader, transport] = openReadPipe(stream, { loop, ...(limit === undefined ? {} : { limit }) })
    pipes.push(transport)
    return [reader, transport]
  }
}
