/**
 * Finds few faults that a failure needs: Zeller's delta debugging (ddmin, "Simplifying and Isolating Failure-Inducing
 * Input", 2002). A run with a part of the faults may take another course and have others of the same names; what counts
 * is that it fails in the same way.
 */
import { describe } from '@loop/core/lowlevel'
import type { Outcome } from './world/world.ts'

/** The names of the faults that are left, after at most `runs` runs. */
export async function smallest(
  first: Outcome<unknown>,
  runs: number,
  run: (faults: readonly string[]) => Promise<Outcome<unknown>>,
): Promise<readonly string[]> {
  const wanted = kindOf(first)
  let left = runs
  const fails = async (faults: readonly string[]): Promise<boolean> => {
    if (left <= 0) return false
    left--
    return kindOf(await run(faults)) === wanted
  }
  let faults = first.faults
  if (faults.length === 0) return faults
  if (await fails([])) return []
  for (let parts = 2; faults.length > 1 && left > 0;) {
    const smaller = await reduce(faults, parts, fails)
    if (smaller !== null) {
      parts = Math.max(2, Math.min(parts - 1, smaller.length))
      faults = smaller
    } else if (parts >= faults.length) break
    else parts = Math.min(faults.length, parts * 2)
  }
  return faults
}

/** One of so many parts, or all but one of them, if that fails; else null. */
async function reduce(
  faults: readonly string[],
  parts: number,
  fails: (faults: readonly string[]) => Promise<boolean>,
): Promise<readonly string[] | null> {
  const size = Math.ceil(faults.length / parts)
  const chunks: (readonly string[])[] = []
  for (let at = 0; at < faults.length; at += size) chunks.push(faults.slice(at, at + size))
  for (const chunk of chunks) if (await fails(chunk)) return chunk
  if (chunks.length > 2)
    for (const chunk of chunks) {
      const others = faults.filter((each) => !chunk.includes(each))
      if (await fails(others)) return others
    }
  return null
}

/** What makes two failures the same: the kind of error and its text, without numbers, which differ with the course. */
function kindOf({ failure }: Outcome<unknown>): string | null {
  return failure === null ? null : describe(failure.error).replace(/\d+(\.\d+)?/g, '#')
}
