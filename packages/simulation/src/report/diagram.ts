/**
 * A run as a sequence diagram: one page of HTML that needs nothing else. Hosts stand side by side, time goes down, one
 * row for each thing that happened, as virtual time has long stretches in which nothing does.
 */
import type { Outcome } from '../world/world.ts'
import type { TraceEntry } from '../world/trace.ts'
import { fateOf, timeOf } from './timeline.ts'

const ROW = 22
const LANE = 190
const LEFT = 110
const TOP = 50
/** A browser shows so many rows with ease; the last ones are the ones that matter. */
const MOST_ROWS = 4000

/** What happens at one height. */
interface Row {
  readonly at: number
  readonly entry: TraceEntry
  /** The arrival of a message, which has a row of its own. */
  readonly arrives: boolean
}

/** The page. */
export function diagramOf(outcome: Outcome<unknown>, title: string, summary: string): string {
  const rows = rowsOf(outcome.trace.entries)
  const shown = rows.slice(-MOST_ROWS)
  const { hosts } = outcome
  const width = LEFT + LANE * hosts.length
  const height = TOP + ROW * (shown.length + 1)
  const lanes = new Map(hosts.map((host, index) => [host, LEFT + LANE * (index + 0.5)]))
  const left = rows.length - shown.length
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escape(title)}</title>
<style>${STYLE}</style>
<h1>${escape(title)}</h1>
<pre>${escape(summary)}</pre>
${left > 0 ? `<p>The first ${left} rows are left out.</p>` : ''}
<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<defs><marker id="end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>
${hosts.map((host) => lane(host, lanes.get(host)!, height)).join('\n')}
${draw(shown, lanes, width)}
</svg>
</html>
`
}

function rowsOf(entries: readonly TraceEntry[]): Row[] {
  const rows = entries.flatMap((entry): Row[] => [
    { at: entry.at, entry, arrives: false },
    ...(entry.kind === 'message' && entry.arrived !== undefined ? [{ at: entry.arrived, entry, arrives: true }] : []),
  ])
  // Sorting is stable: what happens at one time stays in its order.
  return rows.sort((one, other) => one.at - other.at)
}

function lane(host: string, x: number, height: number): string {
  return `<line class="lane" x1="${x}" y1="${TOP - 10}" x2="${x}" y2="${height}"/><text class="host" x="${x}" y="${TOP - 18}">${escape(host)}</text>`
}

function draw(rows: readonly Row[], lanes: ReadonlyMap<string, number>, width: number): string {
  const heightOf = (index: number): number => TOP + ROW * (index + 0.5)
  const arrivals = new Map<TraceEntry, number>()
  rows.forEach(({ entry, arrives }, index) => {
    if (arrives) arrivals.set(entry, heightOf(index))
  })
  return rows
    .map(({ entry, arrives, at }, index) => {
      if (arrives) return ''
      const y = heightOf(index)
      const time = `<text class="time" x="${LEFT - 12}" y="${y + 4}">${timeOf(at)}</text>`
      if (entry.kind === 'message') return time + message(entry, y, arrivals.get(entry), lanes)
      return time + mark(entry, y, lanes, width)
    })
    .join('\n')
}

function message(
  entry: Extract<TraceEntry, { kind: 'message' }>,
  y: number,
  arrival: number | undefined,
  lanes: ReadonlyMap<string, number>,
): string {
  const from = lanes.get(entry.from) ?? LEFT
  const to = lanes.get(entry.to) ?? LEFT
  const tip = `<title>${escape(`${entry.from} to ${entry.to}, ${timeOf(entry.at)}: ${entry.text}${fateOf(entry)}`)}</title>`
  const end = arrival ?? y + ROW / 2
  // What is lost ends on half of its way.
  const x2 = arrival === undefined ? (from + to) / 2 : to
  const label = shorten(entry.text)
  const anchor = to >= from ? 'start' : 'end'
  return (
    `<g class="message${arrival === undefined ? ' lost' : ''}">${tip}` +
    `<line x1="${from}" y1="${y}" x2="${x2}" y2="${end}"/>` +
    (arrival === undefined ? `<text class="cross" x="${x2}" y="${end + 4}">×</text>` : '') +
    `<text class="label ${anchor}" x="${from + (to >= from ? 8 : -8)}" y="${y - 3}">${escape(label)}</text></g>`
  )
}

function mark(
  entry: Exclude<TraceEntry, { kind: 'message' }>,
  y: number,
  lanes: ReadonlyMap<string, number>,
  width: number,
): string {
  const x = entry.host === null ? undefined : lanes.get(entry.host)
  const band = `<rect class="${entry.kind}" x="${x === undefined ? LEFT : x - LANE / 2 + 4}" y="${y - ROW / 2 + 2}" width="${x === undefined ? width - LEFT : LANE - 8}" height="${ROW - 4}" rx="4"/>`
  const text = `<text class="mark" x="${x ?? LEFT + 8}" y="${y + 4}" ${x === undefined ? '' : 'text-anchor="middle"'}>${escape(shorten(entry.text))}</text>`
  return `<g><title>${escape(entry.text)}</title>${band}${text}</g>`
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (each) => `&#${each.charCodeAt(0)};`)
}

const STYLE = `
body { font: 14px system-ui, sans-serif; margin: 24px; color: #1c1e21; background: #fff }
pre { background: #f5f6f7; padding: 12px; border-radius: 6px; white-space: pre-wrap }
svg { font-size: 11px }
.lane { stroke: #c9ccd1 }
.host { font-weight: 600; font-size: 13px; text-anchor: middle }
.time { fill: #777; text-anchor: end; font-variant-numeric: tabular-nums }
.message line { stroke: #2f6fba; marker-end: url(#end) }
.message.lost line { stroke: #c0392b; stroke-dasharray: 4 3; marker-end: none }
.cross { fill: #c0392b; text-anchor: middle; font-size: 14px }
.label { fill: #444 }
.label.end { text-anchor: end }
marker path { fill: #2f6fba }
rect.fault { fill: #fde3e0 }
rect.error { fill: #f5b7b1 }
rect.repair { fill: #dff3e3 }
rect.host { fill: #e6edf7 }
rect.note { fill: #fff6d6 }
.mark { fill: #222 }
`
