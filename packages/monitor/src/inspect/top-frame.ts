/** What `loop-inspect top` draws: text of an inspection, without a terminal. */
import { stripVTControlCharacters, styleText } from 'node:util'
import { printable } from '../printable.ts'
import type { AwaitedNode, TaskNode } from '../task-graph.ts'
import type { Inspection } from './inspectable.ts'
import type { InspectedJob, InspectedPool } from './parts.ts'

/** How tasks can be sorted; the keys take them in turn. */
export const orders = ['id', 'name', 'state', 'waits'] as const

/** What the person at the terminal has chosen. */
export interface View {
  readonly order: (typeof orders)[number]
  readonly reversed: boolean
  /** Which list the arrows move in. */
  readonly list: 'tasks' | 'jobs'
  /** Position in that list. */
  readonly selected: number
  /** A question that waits for y or n; or what came of the last command. */
  readonly message: string
  readonly paused: boolean
  readonly colours: boolean
}

/** What can be selected: its row, and by what it is cancelled. */
export interface Row {
  readonly text: string
  readonly name: string
  readonly address: string
  readonly task?: number
  readonly job?: string
}

type Style = Parameters<typeof styleText>[0]

/** The rows of the list that the arrows move in. */
export function rowsOf(loops: readonly Inspection[], view: View): Row[] {
  return view.list === 'tasks' ? taskRows(loops, view) : jobRows(loops)
}

/**
 * A screen: figures of the process and its loops, pools, and the list that was chosen, around the row that is selected.
 *
 * @param before the inspection before, from which rates are counted; null at first
 */
export function frameOf(
  loops: readonly Inspection[],
  before: readonly Inspection[] | null,
  view: View,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): string[] {
  const paint = (style: Style, text: string): string => (view.colours ? styleText(style, text) : text)
  const head = [
    ...headOf(loops, before).map((line, i) => (i === 0 ? paint('bold', line) : line)),
    ...poolLines(loops.flatMap(({ pools }) => pools ?? [])),
    '',
  ]
  const list = rowsOf(loops, view)
  const titles = view.list === 'tasks' ? TASKS : JOBS
  const heading =
    view.list === 'tasks'
      ? `${titles.title} (${list.length}), by ${view.order}${view.reversed ? ', reversed' : ''}`
      : `${titles.title} (${list.length})`
  const foot = ['', view.message === '' ? keysFor(loops, view) : paint('bold', view.message)]
  const room = Math.max(1, rows - head.length - foot.length - 2)
  const first = Math.max(0, Math.min(view.selected - Math.floor(room / 2), list.length - room))
  const shown = list.slice(first, first + room).map(({ text }, i) => {
    const line = fit(text, columns)
    return first + i === view.selected ? paint('inverse', line.padEnd(columns)) : line
  })
  const plain = (line: string) => fit(line, columns)
  return [
    ...head.map(plain),
    paint('underline', plain(heading)),
    paint('dim', plain(titles.columns)),
    ...(shown.length === 0 ? ['  none'] : shown),
    ...Array.from({ length: Math.max(0, room - Math.max(1, shown.length)) }, () => ''),
    ...foot.map(plain),
  ]
}

const TASKS = { title: 'Tasks', columns: `${'id'.padStart(6)}  ${'task'.padEnd(32)} ${'state'.padEnd(10)} waits for` }
const JOBS = {
  title: 'Jobs',
  columns: `  ${'job'.padEnd(24)} ${'schedule'.padEnd(26)} ${'state'.padEnd(10)} ${'next run'.padEnd(10)} ${'last'.padEnd(10)} ${'runs'.padStart(7)} ${'failed'.padStart(7)}`,
}

function keysFor(loops: readonly Inspection[], { list, paused }: View): string {
  const control = loops.some(({ process }) => process?.control === true)
  return [
    'q quit',
    '↑↓ select',
    ...(list === 'tasks' ? ['s sort', 'r reverse'] : []),
    `tab ${list === 'tasks' ? 'jobs' : 'tasks'}`,
    control ? 'c cancel' : 'c cancel (needs control: true)',
    paused ? 'space go on (paused)' : 'space pause',
  ].join('   ')
}

function headOf(loops: readonly Inspection[], before: readonly Inspection[] | null): string[] {
  const [first] = loops
  const own = first?.process
  const earlier = before?.[0]?.process
  const lines: string[] = []
  if (own) {
    const seconds = earlier ? (own.now - earlier.now) / 1000 : 0
    const cpu = seconds > 0 ? `${((own.cpu - earlier!.cpu) / seconds / 10).toFixed(1)} %` : '–'
    lines.push(
      `process ${own.pid}   up ${duration(own.uptime)}   cpu ${cpu}   memory ${(own.memory / 1e6).toFixed(0)} MB   ${clean(own.title)}`,
    )
  }
  for (const [i, { statistics, lag }] of loops.entries()) {
    const old = before?.[i]
    const seconds = old?.process && own ? (own.now - old.process.now) / 1000 : 0
    const rate = (now: number, then: number | undefined): string =>
      seconds > 0 && then !== undefined ? ((now - then) / seconds).toFixed(0) : '–'
    const { selector, tasks, timers, ready, turns, handles } = statistics
    lines.push(
      `loop on ${selector}: ${tasks} tasks   ${ready} ready   ${timers} timers   ${rate(turns, old?.statistics.turns)} turns/s   ${rate(handles, old?.statistics.handles)} handles/s`,
    )
    if (lag !== null) lines.push(`timers late by: p50 ${ms(lag.p50)}, p99 ${ms(lag.p99)}, longest ${ms(lag.max)}`)
  }
  return lines
}

function poolLines(pools: readonly InspectedPool[]): string[] {
  const shown = (value: number | undefined): string => (value === undefined ? '–' : String(value))
  return pools.map(
    ({ name, workers, running, waiting, succeeded, failed }) =>
      `pool ${clean(name)}: ${shown(workers)} workers   ${shown(running)} running   ${shown(waiting)} waiting   ${shown(succeeded)} done   ${shown(failed)} failed`,
  )
}

function taskRows(loops: readonly Inspection[], { order, reversed }: View): Row[] {
  const rows = loops.flatMap(({ graph, address }) => graph.tasks.map((task) => ({ task, address })))
  const sign = reversed ? -1 : 1
  // Tasks that are equal stay in the order of their making.
  rows.sort((a, b) => sign * compare(a.task, b.task, order))
  return rows.map(({ task, address }) => ({
    text: `${String(task.key ?? task.id).padStart(6)}  ${nameOf(task).slice(0, 32).padEnd(32)} ${stateOf(task).padEnd(10)} ${waitsOf(task)}`,
    name: nameOf(task),
    address,
    ...(task.key === undefined ? {} : { task: task.key }),
  }))
}

function compare(a: TaskNode, b: TaskNode, order: View['order']): number {
  if (order === 'name') return nameOf(a).localeCompare(nameOf(b), 'en', { numeric: true })
  if (order === 'state') return stateOf(a).localeCompare(stateOf(b))
  if (order === 'waits') return waitsOf(a).localeCompare(waitsOf(b), 'en', { numeric: true })
  return (a.key ?? a.id) - (b.key ?? b.id)
}

const nameOf = ({ name, coroutine }: TaskNode): string =>
  clean(coroutine === '(anonymous)' || coroutine === name ? name : `${name} (${coroutine})`)

const stateOf = ({ inCycle, state }: TaskNode): string => (inCycle ? 'in a circle' : state)

const waitsOf = ({ awaits, source }: TaskNode): string =>
  awaits.length > 0
    ? awaits.map(awaited).join(', ')
    : clean(source?.split('\n', 1)[0]?.trim().replace(/^at /, 'started at ') ?? '')

const awaited = ({ name, source }: AwaitedNode): string =>
  clean([name, source?.split('\n', 1)[0]?.trim() ?? ''].filter(Boolean).join(' '))

function jobRows(loops: readonly Inspection[]): Row[] {
  return loops.flatMap(({ jobs, process, address }) =>
    (jobs ?? []).map((job) => ({
      text: jobLine(job, process?.now ?? Date.now()),
      name: clean(job.name),
      job: job.name,
      address,
    })),
  )
}

function jobLine({ name, schedule, state, nextRun, lastOutcome, runs, failures }: InspectedJob, now: number): string {
  const next = typeof nextRun === 'number' ? `in ${duration(Math.max(0, nextRun - now))}` : '–'
  return `  ${clean(name).padEnd(24)} ${clean(schedule ?? '').padEnd(26)} ${clean(state ?? '').padEnd(10)} ${next.padEnd(10)} ${clean(lastOutcome ?? '–').padEnd(10)} ${String(runs ?? '–').padStart(7)} ${String(failures ?? '–').padStart(7)}`
}

const ms = (value: number): string => `${value >= 10 ? value.toFixed(0) : value.toFixed(1)} ms`

function duration(value: number): string {
  const seconds = Math.round(value / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** Names are the program's: whole codes of a terminal are left out, so that the columns keep their width. */
const clean = (text: string): string => printable(stripVTControlCharacters(text))

const fit = (text: string, columns: number): string => (text.length > columns ? `${text.slice(0, columns - 1)}…` : text)
