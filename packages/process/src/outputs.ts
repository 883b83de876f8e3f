/** Where the output of a command goes, in the words of `run`. */
import type { EventLoop } from '@loop/core'
import { describe } from '@loop/core/lowlevel'
import type { StreamReader } from '@loop/net/streams'
import { closeSync, openSync } from 'node:fs'
import process from 'node:process'
import { Writable } from 'node:stream'
import type { StandardOutput } from './contracts.ts'

/** A file that output is written to; emptied before, unless `append`. */
export interface OutputFile {
  readonly file: string | URL
  readonly append?: boolean
}

/**
 * Where output goes: into the result ('capture'), to where this process writes ('inherit'), nowhere ('ignore'), into a
 * file, to a descriptor, or to a stream, at its pace; the stream is not ended.
 */
export type CommandOutput = 'capture' | 'inherit' | 'ignore' | number | OutputFile | Writable

/** An output that is settled: what the process is started with, and what is to be done here. */
export interface Destination {
  readonly stdio: StandardOutput
  /** The stream that this process writes to, where the child cannot by itself. */
  readonly stream: Writable | null
  /** Whether it is read into the result. */
  readonly captured: boolean
  /** Closes what was opened for the start. */
  release(): void
}

/** Opens what has to be opened. Throws the system's error for a file that cannot be written, TypeError. */
export function destinationOf(output: CommandOutput, name: string): Destination {
  if (output === 'capture') return { ...PLAIN, stdio: 'pipe', captured: true }
  if (output === 'inherit' || output === 'ignore') return { ...PLAIN, stdio: output }
  if (typeof output === 'number' && Number.isInteger(output) && output >= 0) return { ...PLAIN, stdio: output }
  // The child writes there itself, in order with what this process writes.
  if (output === process.stdout) return { ...PLAIN, stdio: 1 }
  if (output === process.stderr) return { ...PLAIN, stdio: 2 }
  if (output instanceof Writable) return { ...PLAIN, stdio: 'pipe', stream: output }
  if (typeof output === 'object' && output !== null && 'file' in output) {
    const fd = openSync(output.file, output.append === true ? 'a' : 'w')
    return {
      ...PLAIN,
      stdio: fd,
      release: () => {
        closeSync(fd)
      },
    }
  }
  throw new TypeError(
    `${name} is 'capture', 'inherit', 'ignore', a descriptor, { file }, or a writable stream, got ${describe(output)}`,
  )
}

const PLAIN = { stream: null, captured: false, release: () => {} } as const

/** Writes what a reader gives to a stream, at its pace. Throws what breaks the stream. */
export async function pump(loop: EventLoop, reader: StreamReader, stream: Writable): Promise<void> {
  let failure: Error | null = null
  let wake: (() => void) | null = null
  const changed = (): void => {
    wake?.()
  }
  const failed = (error: Error): void => {
    failure ??= error
    changed()
  }
  const closed = (): void => {
    if (!stream.writableFinished) failed(new Error('the stream for the output was closed before its end'))
  }
  stream.on('error', failed).on('close', closed).on('drain', changed)
  try {
    for await (const bytes of reader) {
      if (failure !== null) throw failure
      if (stream.write(bytes)) continue
      const room = loop.createFuture<void>()
      wake = () => {
        if (!room.done())
          loop.callSoon(() => {
            if (!room.done()) room.setResult()
          })
      }
      await room
      wake = null
      if (failure !== null) throw failure as Error
    }
  } finally {
    stream.off('error', failed).off('close', closed).off('drain', changed)
  }
}
