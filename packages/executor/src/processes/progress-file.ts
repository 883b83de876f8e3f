/**
 * A few bytes that a pool and one worker process share, since processes share no memory: a temporary file, whose pages
 * outlive the process that wrote them.
 *
 *   bytes 0-7   number of the task that the worker started last   written by the worker before each task
 *   bytes 8-15  number of the task that is asked to stop           written by the pool
 *
 * So after any death the pool knows exactly which tasks had started, and a function that computes without a pause can
 * still see that it was cancelled. Writing costs about a microsecond and never touches a disk's platter or cells unless
 * the system is short of memory.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const STARTED_AT = 0
const STOPPED_AT = 8

export class ProgressFile {
  readonly fd: number
  private readonly folder: string
  private readonly buffer = new Float64Array(1)

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'loop-executor-'))
    this.fd = openSync(join(this.folder, 'progress'), 'w+')
    writeSync(this.fd, new Uint8Array(STOPPED_AT + 8), 0, STOPPED_AT + 8, 0)
    // Elsewhere the name can go at once; Windows keeps it while the file is open.
    if (process.platform !== 'win32') this.removeFolder()
  }

  /** Number of the task that the worker started last; 0 before the first. */
  lastStarted(): number {
    readSync(this.fd, this.buffer, 0, 8, STARTED_AT)
    return this.buffer[0]!
  }

  /** Asks the worker's task of this number to stop. */
  askToStop(task: number): void {
    this.buffer[0] = task
    writeSync(this.fd, this.buffer, 0, 8, STOPPED_AT)
  }

  close(): void {
    closeSync(this.fd)
    if (process.platform === 'win32') this.removeFolder()
  }

  private removeFolder(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
