/**
 * Where what workers print goes: to this program's own output, or to the pool's `onOutput`; and when more is wanted.
 */
import { StringDecoder } from 'node:string_decoder'
import type { WorkerOutput } from '../options.ts'

export class OutputRouter {
  /** Characters of several bytes may arrive in two chunks. */
  private readonly decoders = new Map<string, StringDecoder>()
  /** Of each worker, the call of `onOutput` that has not settled: they are made one after the other. */
  private readonly pending = new Map<string, Promise<void>>()

  constructor(
    private readonly onOutput: ((output: WorkerOutput) => unknown) | undefined,
    private readonly report: (message: string, exception: unknown) => void,
  ) {}

  /** `written` is called when the worker may go on printing. */
  print(worker: string, stream: 1 | 2, chunk: string | Uint8Array, written: () => void): void {
    const { onOutput, pending } = this
    if (onOutput === undefined) {
      writeHere(stream, chunk, written)
      return
    }
    const text = typeof chunk === 'string' ? chunk : this.decoder(`${stream} ${worker}`).write(Buffer.from(chunk))
    const output: WorkerOutput = { worker, stream: stream === 1 ? 'stdout' : 'stderr', text }
    const before = pending.get(worker)
    const call = (before ?? Promise.resolve())
      .then(() => onOutput(output))
      .catch((exception: unknown) => {
        this.report('the onOutput of a pool failed', exception)
      })
      .then(() => {
        if (pending.get(worker) === call) pending.delete(worker)
        written()
      })
    pending.set(worker, call)
  }

  /** Resolves when everything printed so far was taken. */
  async settled(): Promise<void> {
    await Promise.all(this.pending.values())
  }

  /** The worker is gone. */
  forget(worker: string): void {
    for (const stream of [1, 2]) this.decoders.delete(`${stream} ${worker}`)
  }

  private decoder(key: string): StringDecoder {
    let decoder = this.decoders.get(key)
    if (decoder === undefined) this.decoders.set(key, (decoder = new StringDecoder('utf8')))
    return decoder
  }
}

function writeHere(stream: 1 | 2, chunk: string | Uint8Array, written: () => void): void {
  let called = false
  const once = (): void => {
    if (!called) written()
    called = true
  }
  try {
    // Some replacements of `write` never call back; true means that more may come.
    if ((stream === 1 ? process.stdout : process.stderr).write(chunk, once)) once()
  } catch {
    once()
  }
}
