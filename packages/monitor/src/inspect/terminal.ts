import process from 'node:process'
import type { Terminal } from './top.ts'

/** The terminal of this process; null when standard input or output is none. */
export function ownTerminal(): Terminal | null {
  const { stdin, stdout, env } = process
  if (!stdin.isTTY || !stdout.isTTY) return null
  return {
    get columns() {
      return stdout.columns
    },
    get rows() {
      return stdout.rows
    },
    colours: !env['NO_COLOR'],
    write: (text) => {
      stdout.write(text)
    },
    keys(onKey) {
      const hear = (text: string): void => {
        // Several keys may come at once, each a letter or a sequence of the terminal.
        // eslint-disable-next-line no-control-regex
        for (const [key] of text.matchAll(/\x1b\[[\d;]*[A-Za-z~]|[^]/g)) onKey(key)
      }
      stdin.setRawMode(true).setEncoding('utf8').on('data', hear).resume()
      return () => {
        stdin.off('data', hear).setRawMode(false).pause()
      }
    },
  }
}
