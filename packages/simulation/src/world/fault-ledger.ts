import type { Random } from '../random.ts'

/**
 * Every fault that chance brings about in a run, each with a name: `loss@web>db#3` is the third message that was lost
 * from web to db. A run may be repeated with a part of its faults only, so that the ones that matter can be found.
 *
 * A fault that is left out is drawn all the same: what chance does elsewhere stays as it was.
 */
export class FaultLedger {
  /** Those that happened, in order. */
  readonly happened: string[] = []
  private readonly counts = new Map<string, number>()

  /** @param only The names of the faults that may happen; null for all */
  constructor(private readonly only: ReadonlySet<string> | null) {}

  /** Draws whether a fault happens here, and says whether it is to. */
  strikes(kind: string, place: string, probability: number, random: Random): boolean {
    return random.chance(probability) && this.admits(kind, place)
  }

  /** Whether a fault that chance has chosen is to happen. */
  admits(kind: string, place: string): boolean {
    const what = `${kind}@${place}`
    const count = (this.counts.get(what) ?? 0) + 1
    this.counts.set(what, count)
    const name = `${what}#${count}`
    if (this.only !== null && !this.only.has(name)) return false
    this.happened.push(name)
    return true
  }
}
