import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EventLoop } from '@loop/core'

/** Longest piece of a command that is read at once; commands are words. */
const CHUNK = 1024

/**
 * A named pipe that takes commands, a word on a line: `echo reload > PATH`. The loop watches its raw descriptor with
 * `addReader`, so it is also what the page shows of that. In a folder that only the user can enter; removed at the end.
 */
export class ControlPipe implements Disposable {
  readonly path: string
  private readonly folder: string
  private readonly fd: number
  private readonly buffer = Buffer.alloc(CHUNK)
  private rest = ''

  private constructor(
    private readonly loop: EventLoop,
    private readonly onCommand: (word: string) => void,
  ) {
    this.folder = mkdtempSync(join(tmpdir(), 'loop-demo-'))
    this.path = join(this.folder, 'control')
    execFileSync('mkfifo', ['-m', '600', this.path])
    // Read and write: with a writer of its own the pipe has no end of file when a shell closes its side.
    this.fd = openSync(this.path, constants.O_RDWR | constants.O_NONBLOCK)
    loop.addReader(this.fd, readControlPipe, this)
  }

  /** Opens one; null where the loop's selector cannot watch descriptors, or the system has no named pipes. */
  static open(loop: EventLoop, onCommand: (word: string) => void): ControlPipe | null {
    if (!loop.selector.supports.fd || process.platform === 'win32') return null
    return new ControlPipe(loop, onCommand)
  }

  /** How the page names a descriptor that the loop reads from. */
  describe(fd: unknown): string {
    return fd === this.fd ? `control pipe ${this.path}` : 'a reader'
  }

  [Symbol.dispose](): void {
    this.loop.removeReader(this.fd)
    closeSync(this.fd)
    rmSync(this.folder, { recursive: true })
  }

  /** @internal The descriptor is readable. */
  read(): void {
    const length = readSync(this.fd, this.buffer)
    const lines = (this.rest + this.buffer.toString('utf8', 0, length)).split('\n')
    // What has no end yet waits for it; a line longer than a chunk is no command.
    this.rest = lines.pop()!.slice(-CHUNK)
    for (const line of lines) if (line.trim() !== '') this.onCommand(line.trim())
  }
}

/** The name under which it stands in logs of turns. */
function readControlPipe(pipe: ControlPipe): void {
  pipe.read()
}
