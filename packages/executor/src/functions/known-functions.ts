/**
 * The functions that one worker knows, and which of them it may forget: programs write functions in place, without end.
 */
import type { WorkItem } from '../pool/work-item.ts'
import type { Definition } from '../worker/function-table.ts'

/** As many as a worker keeps; a function of a few lines takes about a kilobyte there. */
const MOST = 512

export class KnownFunctions {
  /** In the order in which they were knownFunctions. */
  private readonly ids = new Set<number>()

  /** What must be said to the worker before it can run `tasks`; it still needs the functions of `unanswered`. */
  update(
    tasks: readonly WorkItem[],
    unanswered: Iterable<WorkItem | null>,
  ): { readonly definitions: Definition[]; readonly forget: number[] } {
    const { ids } = this
    const definitions: Definition[] = []
    for (const { fn } of tasks) {
      if (ids.has(fn.id)) continue
      ids.add(fn.id)
      definitions.push(fn.definition!)
    }
    return { definitions, forget: ids.size > MOST ? this.forget(unanswered) : [] }
  }

  /** Down to half, so that it is rarely asked for. */
  private forget(unanswered: Iterable<WorkItem | null>): number[] {
    const { ids } = this
    const needed = new Set<number>()
    for (const task of unanswered) if (task !== null) needed.add(task.fn.id)
    const forgotten: number[] = []
    for (const id of ids) {
      if (ids.size <= MOST / 2) break
      if (needed.has(id)) continue
      ids.delete(id)
      forgotten.push(id)
    }
    return forgotten
  }
}
