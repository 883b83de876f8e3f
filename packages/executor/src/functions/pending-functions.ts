/** The functions of a pool that must be examined before they can be shipped. */
import { NotSerializableError } from '../errors.ts'
import { loadAnalyser, loadedAnalyser } from './load-analyser.ts'
import type { FunctionReference } from './reference.ts'

export class PendingFunctions {
  private readonly pending = new Set<FunctionReference>()
  private loading = false

  /** `whenLoaded` is called once the parser is there or cannot be loaded, after `done` had to answer false. */
  constructor(private readonly whenLoaded: () => void) {}

  /** Notes a function, unless it was examined before. */
  add(fn: FunctionReference): void {
    if (fn.unexamined) this.pending.add(fn)
  }

  /** Examines what was added; false while the parser is being loaded. */
  done(): boolean {
    const { pending } = this
    if (pending.size === 0) return true
    const analyse = loadedAnalyser()
    if (analyse === null) {
      if (!this.loading) this.load()
      return false
    }
    for (const fn of pending) fn.examine(analyse)
    pending.clear()
    return true
  }

  private load(): void {
    this.loading = true
    const after = (): void => {
      this.loading = false
      this.whenLoaded()
    }
    loadAnalyser().then(after, (cause: unknown) => {
      const problem = new NotSerializableError(
        'functions cannot be shipped, because the part of @loop/executor that examines them could not be loaded (a bundle or an ' +
          'installation without all of its files?). Make that file available, or submit functions of modules through moduleTasks.',
        { cause },
      )
      for (const fn of this.pending) fn.refuse(problem)
      this.pending.clear()
      after()
    })
  }
}
