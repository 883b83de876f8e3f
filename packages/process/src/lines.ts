import type { EventLoop, Task } from '@loop/core'
import { getRunningLoop, wait } from '@loop/core'
import type { StreamReader } from '@loop/net/streams'
import { createSubprocessExec, createSubprocessShell } from './create-subprocess.ts'
import { CalledProcessError } from './errors.ts'
import type { ProcessOptions } from './options.ts'
import { commandText } from './options.ts'

/** Bytes of the longest line that is taken: far beyond any line that was meant to be one. */
const LONGEST_LINE = 1024 * 1024
/** Bytes of the errors that are kept for a message: the last ones say the most. */
const KEPT_ERRORS = 64 * 1024

/** Milliseconds in which the last errors arrive after the program has ended. */
const LINGER_MS = 100

/** How lines are read from a command. */
export interface LinesOptions extends ProcessOptions {
  /** Standard input: nothing by default. */
  readonly stdin?: 'inherit' | 'ignore' | number
  /** Where errors go: kept for the message of CalledProcessError by default. 'stdout' makes lines of them, too. */
  readonly stderr?: 'keep' | 'inherit' | 'ignore' | 'stdout'
  /** Throws CalledProcessError after the last line for a return code other than 0; true by default. */
  readonly check?: boolean
  /** The program is a command of the shell, without arguments; false by default. */
  readonly shell?: boolean
  /** Bytes of the longest line: LimitOverrunError beyond it; 1 MiB by default. */
  readonly limit?: number
}

/**
 * The lines that a program writes, as they come, as text in UTF-8 without their ends. A loop that is slower than the
 * program slows it down. Leaving the loop, by `break`, an error or a cancellation, ends the tree of processes.
 *
 * ```ts
 * for await (const line of lines('tail', ['-f', 'access.log'])) if (line.includes(' 500 ')) console.log(line)
 * ```
 */
export async function* lines(
  program: string,
  args: readonly string[] = [],
  options: LinesOptions = {},
): AsyncGenerator<string, void> {
  const { stdin = 'ignore', stderr = 'keep', check = true, shell = false, limit = LONGEST_LINE } = options
  const streams = { ...options, limit, stdin, stdout: 'pipe', stderr: stderr === 'keep' ? 'pipe' : stderr } as const
  await using child = await (shell
    ? createSubprocessShell(program, streams)
    : createSubprocessExec(program, args, streams))
  const errors = new Errors(options.loop ?? getRunningLoop(), child.stderr)
  try {
    for (;;) {
      const line = await child.stdout.readLine()
      if (line.length === 0) break
      yield textOf(line)
    }
    const returnCode = await child.wait()
    if (options.signal?.aborted === true) throw options.signal.reason
    if (!check || returnCode === 0) return
    const command = commandText({ program, args, shell })
    throw new CalledProcessError({ command, returnCode, stdout: null, stderr: await errors.text() })
  } finally {
    errors.stop()
  }
}

/** Reads what a program complains of, so that it never waits for that, and keeps the end of it. */
class Errors {
  private kept = Buffer.alloc(0)
  private readonly reading: Task<void> | null

  constructor(
    loop: EventLoop,
    private readonly reader: StreamReader | null,
  ) {
    this.reading = reader === null ? null : loop.createTask(() => this.read())
  }

  async text(): Promise<string | null> {
    if (this.reading === null) return null
    // Somebody who was left behind may hold the pipe.
    await wait([this.reading], { timeout: LINGER_MS })
    return this.kept.toString()
  }

  stop(): void {
    this.reading?.cancel()
  }

  private async read(): Promise<void> {
    for await (const bytes of this.reader!) this.kept = Buffer.concat([this.kept, bytes]).subarray(-KEPT_ERRORS)
  }
}

function textOf(line: Buffer): string {
  let end = line.length
  if (line[end - 1] === NEWLINE) end--
  if (end < line.length && line[end - 1] === RETURN) end--
  return line.toString('utf8', 0, end)
}

const NEWLINE = 10
const RETURN = 13
