import type { Outcome } from '../world/world.ts'
import type { TraceEntry } from '../world/trace.ts'

/** Everything that happened in a run, a line each: when, and what. Messages stand where they were sent. */
export function timelineOf({ trace }: Pick<Outcome<unknown>, 'trace'>): string {
  return trace.entries.map(lineOf).join('\n')
}

function lineOf(entry: TraceEntry): string {
  const at = timeOf(entry.at).padStart(12)
  if (entry.kind === 'message') return `${at}  ${entry.from} -> ${entry.to}: ${entry.text}${fateOf(entry)}`
  const host = entry.host === null ? '' : `${entry.host}: `
  return `${at}  ${MARKS[entry.kind]}${host}${entry.text}`
}

/** What became of a message: how long it took, or that it never came. */
export function fateOf(entry: Extract<TraceEntry, { kind: 'message' }>): string {
  if (entry.arrived !== undefined) return `  after ${(entry.arrived - entry.at).toFixed(3)} ms`
  return `  ${entry.lost ?? 'on its way at the end'}`
}

/** Seconds with all digits of a microsecond. */
export function timeOf(ms: number): string {
  return `${(ms / 1000).toFixed(6)} s`
}

const MARKS = { fault: '!! ', repair: '++ ', host: '-- ', note: '   ', error: 'XX ' } as const
