import { parseArgs } from 'node:util'
import { InspectionError } from '../errors.ts'
import { printable, printableJson } from '../printable.ts'
import { formatTaskList, formatTaskTree } from '../task-tree.ts'
import { inspectProcess } from './ask.ts'
import type { Inspection } from './inspectable.ts'
import { ownTerminal } from './terminal.ts'
import { frameOf } from './top-frame.ts'
import { type Terminal, top } from './top.ts'

const USAGE = `loop-inspect ps PID        the tasks of a process, one a line
loop-inspect pstree PID    the same as a tree: who waits for whom
loop-inspect top PID       a live view: tasks, lag, pools, jobs; keys to sort, and to cancel

  --json          the answer as JSON
  --timeout MS    how long to wait for it (2000)
  --interval MS   of top: how often to look (1000); without a terminal it prints what it sees once

The process must have called inspectable() of @loop/monitor.`

const FORMATS = { ps: formatTaskList, pstree: formatTaskTree }

/** What top prints without a terminal: wide enough for a log, as long as it takes. */
const PAGE = { columns: 160, rows: 10_000 }

/** Runs the command line and gives the exit code: 0, 1 when the process could not be inspected, 2 for a wrong call. */
export async function command(
  args: readonly string[],
  print: (text: string) => void,
  printError: (text: string) => void,
  terminal: Terminal | null = ownTerminal(),
): Promise<number> {
  const wanted = parse(args)
  if (wanted === null) {
    printError(USAGE)
    return 2
  }
  try {
    if (wanted.format === 'top' && !wanted.json && terminal !== null) {
      await top(wanted.pid, terminal, wanted)
      return 0
    }
    const loops = await inspectProcess(wanted.pid, wanted.timeout)
    if (wanted.format === 'top' && !wanted.json) {
      for (const list of ['tasks', 'jobs'] as const) print(page(loops, list))
      return 0
    }
    print(
      wanted.json
        ? printableJson(loops)
        : loops.map((loop) => show(loop, FORMATS[wanted.format as keyof typeof FORMATS])).join('\n\n'),
    )
    return 0
  } catch (error) {
    if (!(error instanceof InspectionError)) throw error
    printError(printable(error.message))
    return 1
  }
}

function page(loops: readonly Inspection[], list: 'tasks' | 'jobs'): string {
  const view = {
    order: 'id',
    reversed: false,
    list,
    selected: -1,
    message: ' ',
    paused: false,
    colours: false,
  } as const
  const lines = frameOf(loops, null, view, PAGE)
  const text = (list === 'tasks' ? lines : lines.slice(lines.indexOf('') + 1)).map((line) => line.trimEnd())
  return text
    .join('\n')
    .replace(/\n{3,}/g, '\n')
    .trimEnd()
}

function show({ statistics, graph }: Inspection, format: (typeof FORMATS)['ps']): string {
  const { selector, turns, tasks, timers, ready } = statistics
  return `loop on ${printable(selector)}: turn ${turns}, ${tasks} tasks, ${timers} timers, ${ready} ready\n${format(graph)}`
}

function parse(args: readonly string[]): {
  format: keyof typeof FORMATS | 'top'
  pid: number
  json: boolean
  timeout: number
  interval: number
} | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        timeout: { type: 'string', default: '2000' },
        interval: { type: 'string', default: '1000' },
      },
    })
    const [format = '', pid = '', ...rest] = positionals
    const timeout = Number(values.timeout)
    const interval = Number(values.interval)
    if (
      !(format in FORMATS || format === 'top') ||
      !(interval > 0) ||
      !/^\d+$/.test(pid) ||
      rest.length > 0 ||
      !(timeout > 0)
    )
      return null
    return { format: format as keyof typeof FORMATS | 'top', pid: Number(pid), json: values.json, timeout, interval }
  } catch {
    return null
  }
}
