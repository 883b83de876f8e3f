import { closeSync, openSync, writeSync } from 'node:fs'
import process from 'node:process'

/** Characters gathered before they are written: few enough writes not to be noticed, little enough memory. */
const BLOCK = 65_536

/**
 * A file with a JSON array that grows. It is written in blocks, and at once: a trace shows what held the loop, so it
 * must not depend on the loop to be saved. The end of the process closes it, too.
 */
export class TraceFile {
  private file: number | null
  private text = '['
  private first = true
  private readonly onExit = (): void => {
    this.close()
  }

  /** Throws what opening a file throws. */
  constructor(path: string | URL) {
    this.file = openSync(path, 'w')
    process.on('exit', this.onExit)
  }

  /** Adds an element; nothing once it is closed. */
  add(element: object): void {
    if (this.file === null) return
    this.text += `${this.first ? '\n' : ',\n'}${JSON.stringify(element)}`
    this.first = false
    if (this.text.length >= BLOCK) this.flush(this.file)
  }

  /** Ends the array and closes the file. */
  close(): void {
    const { file } = this
    if (file === null) return
    this.file = null
    this.text += '\n]\n'
    process.off('exit', this.onExit)
    try {
      this.flush(file)
    } finally {
      closeSync(file)
    }
  }

  private flush(file: number): void {
    const bytes = Buffer.from(this.text)
    this.text = ''
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
  }
}
