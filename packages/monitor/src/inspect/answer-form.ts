import { InspectionError } from '../errors.ts'
import type { PlainNode } from '../task-graph.ts'
import type { Inspection } from './inspectable.ts'

/**
 * An answer that was received, if it has the form of one: what shows it does not meet numbers where names should be.
 * Throws InspectionError or SyntaxError.
 */
export function answerFrom(text: string): Omit<Inspection, 'address' | 'graph'> & { tasks: PlainNode[] } {
  const { graph, ...told } = record(JSON.parse(text))
  const { statistics } = told
  const { selector, turns, tasks, timers, ready } = record(statistics)
  need(typeof selector === 'string')
  need([turns, tasks, timers, ready].every((count) => typeof count === 'number'))
  const nodes = list(record(graph)['tasks'])
  for (const node of nodes) {
    const { id, coroutine, state, source } = record(node)
    need(Number.isSafeInteger(id) && typeof coroutine === 'string' && typeof state === 'string')
    need(source === undefined || typeof source === 'string')
  }
  // What each awaits may be nested as deep as the text is long: no recursion.
  const left = [...nodes]
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    const { name, awaits } = record(node)
    need(typeof name === 'string')
    for (const each of list(awaits)) {
      const { task, future, source } = record(each)
      need([task, future].every((to) => to === null || Number.isSafeInteger(to)))
      need(source === undefined || typeof source === 'string')
      left.push(each)
    }
  }
  return { ...(told as unknown as Omit<Inspection, 'address' | 'graph'>), tasks: nodes as PlainNode[] }
}

function record(value: unknown): Record<string, unknown> {
  need(typeof value === 'object' && value !== null)
  return value as Record<string, unknown>
}

function list(value: unknown): unknown[] {
  need(Array.isArray(value))
  return value as unknown[]
}

function need(holds: boolean): void {
  if (!holds) throw new InspectionError('what was answered does not have the form of an answer')
}
