import { parseArgs } from 'node:util'
import { InspectionError } from '../errors.ts'
import { formatTaskList, formatTaskTree } from '../task-tree.ts'
import { inspectProcess } from './ask.ts'
import type { Inspection } from './inspectable.ts'

const USAGE = `loop-inspect ps PID        the tasks of a process, one a line
loop-inspect pstree PID    the same as a tree: who waits for whom

  --json          the answer as JSON
  --timeout MS    how long to wait for it (2000)

The process must have called inspectable() of @loop/monitor.`

const FORMATS = { ps: formatTaskList, pstree: formatTaskTree }

/** Runs the command line and gives the exit code: 0, 1 when the process could not be inspected, 2 for a wrong call. */
export async function command(
  args: readonly string[],
  print: (text: string) => void,
  printError: (text: string) => void,
): Promise<number> {
  const wanted = parse(args)
  if (wanted === null) {
    printError(USAGE)
    return 2
  }
  try {
    const loops = await inspectProcess(wanted.pid, wanted.timeout)
    print(
      wanted.json
        ? JSON.stringify(loops, null, 2)
        : loops.map((loop) => show(loop, FORMATS[wanted.format])).join('\n\n'),
    )
    return 0
  } catch (error) {
    if (!(error instanceof InspectionError)) throw error
    printError(error.message)
    return 1
  }
}

function show({ statistics, graph }: Inspection, format: (typeof FORMATS)['ps']): string {
  const { selector, turns, tasks, timers, ready } = statistics
  return `loop on ${selector}: turn ${turns}, ${tasks} tasks, ${timers} timers, ${ready} ready\n${format(graph)}`
}

function parse(
  args: readonly string[],
): { format: keyof typeof FORMATS; pid: number; json: boolean; timeout: number } | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false }, timeout: { type: 'string', default: '2000' } },
    })
    const [format = '', pid = '', ...rest] = positionals
    const timeout = Number(values.timeout)
    if (!(format in FORMATS) || !/^\d+$/.test(pid) || rest.length > 0 || !(timeout > 0)) return null
    return { format: format as keyof typeof FORMATS, pid: Number(pid), json: values.json, timeout }
  } catch {
    return null
  }
}
