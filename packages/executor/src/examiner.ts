/** The functions of a pool that must be examined before they can be shipped. */
import { loadAnalyser, loadedAnalyser } from './functions/load-analyser.ts'
import type { FunctionReference } from './functions/reference.ts'

export class Examiner {
  private readonly waiting = new Set<FunctionReference>()

  /** `whenLoaded` is called once the parser is there, after `done` had to answer false. */
  constructor(private readonly whenLoaded: () => void) {}

  /** Notes a function, unless it was examined before. */
  add(fn: FunctionReference): void {
    if (fn.unexamined) this.waiting.add(fn)
  }

  /** Examines what was added; false while the parser is being loaded. */
  done(): boolean {
    const { waiting } = this
    if (waiting.size === 0) return true
    const analyse = loadedAnalyser()
    if (analyse === null) {
      void loadAnalyser().then(this.whenLoaded)
      return false
    }
    for (const fn of waiting) fn.examine(analyse)
    waiting.clear()
    return true
  }
}
