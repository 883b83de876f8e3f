import type { Runnable } from '@loop/core'
import type { RunnableDescription } from '@loop/core/lowlevel'
import { describeRunnable } from '@loop/core/lowlevel'
import type { BlockingHandle, BlockReport } from './block-report.ts'
import type { Beat } from './heartbeat.ts'

/**
 * Tells blocks from what the turn and the heartbeat say. A block is reported once:
 *
 *     one handle over the threshold             at its end, by name
 *     lag over the threshold that no such
 *     handle explains                           at the heartbeat: several handles, or something outside of them
 *     time in which the process stood still     at the heartbeat, as that: no handle is named for it
 */
export class BlockDetector {
  /** Shorter handles since the last heartbeat; at most one a tick. */
  private readonly parts: { readonly runnable: Runnable; readonly duration: number }[] = []
  /** Milliseconds since the last heartbeat that reports account for. */
  private reported = 0

  constructor(
    private readonly threshold: number,
    private readonly report: (report: Omit<BlockReport, 'stack'>) => void,
  ) {}

  /** A handle held the loop for `duration` milliseconds. */
  handleTook(runnable: Runnable, duration: number, silence: number): void {
    if (duration < this.threshold) {
      this.parts.push({ runnable, duration })
      return
    }
    this.reported += duration
    const about = describeRunnable(runnable)
    this.report({
      duration,
      silence,
      kind: about.kind === 'task' ? 'task' : 'callback',
      name: about.name,
      handles: [{ name: about.name, duration }],
      source: about.source,
    })
  }

  /**
   * A heartbeat came, or would now; null for one that says nothing. For `stood` of the milliseconds before it the
   * process stood still.
   */
  beat(beat: Beat | null, stood = 0): void {
    const late = beat === null ? 0 : beat.lag - this.reported
    const still = Math.min(stood, late)
    if (beat !== null && still >= this.threshold) {
      this.report({
        duration: still,
        silence: beat.silence,
        kind: 'stopped',
        name: 'the whole process',
        handles: [],
        source: undefined,
      })
    }
    const unexplained = late - Math.max(0, still)
    const parts = this.parts.splice(0)
    this.reported = 0
    if (beat === null || unexplained < this.threshold) return
    const known = parts.reduce((sum, { duration }) => sum + duration, 0)
    const handles = sumByName(parts.map(({ runnable, duration }) => ({ about: describeRunnable(runnable), duration })))
    // Half: what took most of the time is the answer.
    const several = known >= unexplained / 2
    this.report({
      duration: unexplained,
      silence: beat.silence,
      kind: several ? 'several' : 'outside',
      name: several ? (handles[0]?.name ?? '') : 'outside the loop',
      handles,
      source: undefined,
    })
  }
}

function sumByName(parts: readonly { about: RunnableDescription; duration: number }[]): BlockingHandle[] {
  const sums = new Map<string, number>()
  for (const { about, duration } of parts) sums.set(about.name, (sums.get(about.name) ?? 0) + duration)
  return [...sums].map(([name, duration]) => ({ name, duration })).sort((a, b) => b.duration - a.duration)
}
