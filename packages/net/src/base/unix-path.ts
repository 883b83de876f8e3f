import { linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs'
import type { Stats } from 'node:fs'
import process from 'node:process'

/** The file of a unix socket that was bound just now: it is this one as long as nobody replaces it. */
export class UnixPath {
  private readonly made: Stats | undefined

  constructor(private readonly path: string) {
    this.made = statOf(path)
  }

  /** Removes the file; not when another socket has the path by now. */
  remove(): void {
    if (this.state() === 'ours') unlinkSync(this.path)
  }

  /**
   * Runs what removes the path whatever is there, such that another's socket is there afterwards: it gets a second name
   * meanwhile.
   */
  keepAnothers(remove: () => void): void {
    if (this.state() !== "another's") {
      remove()
      return
    }
    const second = `${this.path}.${process.pid}`
    try {
      linkSync(this.path, second)
    } catch {
      // Systems that know no second name for a socket: the path is the caller's loss.
      remove()
      return
    }
    remove()
    renameSync(second, this.path)
    // Where nothing was removed, both names were the same file, and renaming has left both.
    if (statOf(second) !== undefined) unlinkSync(second)
  }

  private state(): 'ours' | "another's" | 'gone' {
    const now = statOf(this.path)
    if (now === undefined) return 'gone'
    return this.made !== undefined && now.ino === this.made.ino && now.dev === this.made.dev ? 'ours' : "another's"
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}
