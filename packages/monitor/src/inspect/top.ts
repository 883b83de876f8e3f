import { clearTimeout, setTimeout } from 'node:timers'
import { inspectProcess } from './ask.ts'
import { send } from './control.ts'
import type { Inspection } from './inspectable.ts'
import { frameOf, orders, type Row, rowsOf, type View } from './top-frame.ts'

/** Where the view is shown and keys come from. */
export interface Terminal {
  readonly columns: number
  readonly rows: number
  readonly colours: boolean
  write(text: string): void
  /** Calls `onKey` with what each key sends, until the function that is returned is called. */
  keys(onKey: (key: string) => void): () => void
}

/** How the view asks. */
export interface TopOptions {
  /** Milliseconds between two looks. */
  readonly interval: number
  /** Milliseconds to wait for an answer. */
  readonly timeout: number
}

const ENTER = '\x1b[?1049h\x1b[?25l'
const LEAVE = '\x1b[?25h\x1b[?1049l'

/**
 * The live view of a process, until q or Ctrl+C. A process that does not answer for a while is said not to, and asked
 * again. Throws InspectionError when it cannot be inspected at the start, or has ended.
 */
export async function top(pid: number, terminal: Terminal, { interval, timeout }: TopOptions): Promise<void> {
  let loops = await inspectProcess(pid, timeout)
  let before: Inspection[] | null = null
  let view: View = {
    order: 'id',
    reversed: false,
    list: 'tasks',
    selected: 0,
    message: '',
    paused: false,
    colours: terminal.colours,
  }
  /** What y will do. */
  let asked: Row | null = null

  const draw = (): void => {
    const most = rowsOf(loops, view).length - 1
    view = { ...view, selected: Math.max(0, Math.min(view.selected, most)) }
    const lines = frameOf(loops, before, view, terminal)
    terminal.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`)
  }

  const cancel = async (row: Row): Promise<void> => {
    try {
      const command = row.job === undefined ? { cancelTask: row.task ?? 0 } : { cancelJob: row.job }
      view = { ...view, message: await send(row.address, command, timeout) }
    } catch (error) {
      view = { ...view, message: (error as Error).message }
    }
    draw()
  }

  terminal.write(ENTER)
  try {
    await new Promise<void>((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined
      const release = terminal.keys((key) => {
        if (key === 'q' || key === '\x03') {
          clearTimeout(timer)
          release()
          resolve()
          return
        }
        if (asked !== null) {
          const row = asked
          asked = null
          view = { ...view, message: '' }
          if (key === 'y') void cancel(row)
        } else {
          view = { ...afterKey(view, key, terminal.rows), message: '' }
          const row = key === 'c' ? rowsOf(loops, view)[view.selected] : undefined
          if (row !== undefined) {
            asked = row
            view = { ...view, message: `cancel ${row.job === undefined ? 'the task' : 'the job'} ${row.name}? y/n` }
          }
        }
        draw()
      })
      const look = async (): Promise<void> => {
        try {
          if (!view.paused) {
            const now = await inspectProcess(pid, timeout)
            before = loops
            loops = now
            if (view.message.includes('does not answer')) view = { ...view, message: '' }
          }
        } catch (error) {
          const { message } = error as Error
          if (!message.includes('does not answer')) {
            release()
            reject(error as Error)
            return
          }
          view = { ...view, message }
        }
        draw()
        timer = setTimeout(() => void look(), interval)
      }
      draw()
      timer = setTimeout(() => void look(), interval)
    })
  } finally {
    terminal.write(LEAVE)
  }
}

/** The view after a key that changes what is shown; the same after any other. */
export function afterKey(view: View, key: string, rows: number): View {
  const move = (by: number): View => ({ ...view, selected: Math.max(0, view.selected + by) })
  switch (key) {
    case '\x1b[A':
    case 'k':
      return move(-1)
    case '\x1b[B':
    case 'j':
      return move(1)
    case '\x1b[5~':
      return move(-Math.floor(rows / 2))
    case '\x1b[6~':
      return move(Math.floor(rows / 2))
    case 's':
      return { ...view, order: orders[(orders.indexOf(view.order) + 1) % orders.length]! }
    case 'r':
      return { ...view, reversed: !view.reversed }
    case '\t':
      return { ...view, list: view.list === 'tasks' ? 'jobs' : 'tasks', selected: 0 }
    case ' ':
      return { ...view, paused: !view.paused }
    default:
      return view
  }
}
