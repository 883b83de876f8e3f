import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** How a program ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Every line of its standard output. */
  readonly lines: readonly string[]
  readonly errors: string
}

/** A program over the sources, in a Node process of its own, which is read line by line. */
export class Program implements AsyncDisposable {
  readonly process: ChildProcess
  private readonly lines: string[] = []
  private errors = ''
  private readonly waiting: { wanted: (line: string) => boolean; found: (line: string) => void }[] = []
  private readonly ended: Promise<Ending>

  constructor(file: URL, args: readonly string[] = [], env: Record<string, string> = {}) {
    const loader = new URL('strip-types.mjs', import.meta.url).href // A path of Windows is no URL: 'C:' is taken for a scheme.
    this.process = spawn(
      process.execPath,
      ['--conditions=@loop/source', '--import', loader, fileURLToPath(file), ...args],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } },
    )
    createInterface({ input: this.process.stdout! }).on('line', (line) => {
      this.take(line)
    })
    this.process.stderr!.on('data', (data: Buffer) => (this.errors += data.toString()))
    this.ended = once(this.process, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      lines: this.lines,
      errors: this.errors,
    }))
  }

  /** The first line that is `wanted`, printed before or after the call. Fails when the program ends without it. */
  async line(wanted: string | RegExp): Promise<string> {
    const fits = (line: string): boolean => (typeof wanted === 'string' ? line === wanted : wanted.test(line))
    const known = this.lines.find(fits)
    if (known !== undefined) return known
    const ending = this.ended.then((end) => {
      throw new Error(
        `the program ended (${String(end.code ?? end.signal)}) before the line ${String(wanted)}\n${end.lines.join('\n')}\n${end.errors}`,
      )
    })
    return Promise.race([new Promise<string>((found) => this.waiting.push({ wanted: fits, found })), ending])
  }

  /** Sends it a signal. */
  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal)
  }

  /** How it ended. */
  end(): Promise<Ending> {
    return this.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill('SIGKILL')
    await this.ended
  }

  private take(line: string): void {
    this.lines.push(line)
    for (const entry of [...this.waiting]) {
      if (!entry.wanted(line)) continue
      this.waiting.splice(this.waiting.indexOf(entry), 1)
      entry.found(line)
    }
  }
}
