import type { CoroutineFunction, EventLoop as Loop } from '@loop/core'
import { EventLoop, run } from '@loop/core'
import { MemorySelector, VirtualClock } from '@loop/core/testing'
import type { SchedulerEventName, WallClock } from '../src/index.ts'
import { AsyncScheduler } from '../src/index.ts'

/** 1 January 2026, 00:00 UTC: where the wall clock of tests begins. */
export const NEW_YEAR = Date.UTC(2026, 0, 1)

/** A wall clock that follows a virtual one, can be set, and knows how long the machine slept. */
export class VirtualWall implements WallClock {
  private ahead = NEW_YEAR
  private slept = 0

  constructor(private readonly clock: VirtualClock) {}

  now(): number {
    return this.clock.now() + this.ahead
  }

  sinceBoot(): number {
    return this.clock.now() + this.slept
  }

  /** Sets it forward, or back. */
  set(byMs: number): void {
    this.ahead += byMs
  }

  /** The machine sleeps: the loop's clock stands still, the others go on. */
  sleep(ms: number): void {
    this.ahead += ms
    this.slept += ms
  }
}

/** A loop in virtual time, with the clocks to move. */
export interface World {
  readonly loop: Loop
  readonly clock: VirtualClock
  readonly wall: VirtualWall
  /** What reached the loop's exception handler, as text. */
  readonly reported: string[]
}

/**
 * Runs `main` on a loop in virtual time. Fails when errors reached the loop's handler that `main` did not take out of
 * `reported`.
 */
export async function inVirtualTime(main: (world: World) => ReturnType<CoroutineFunction<void>>): Promise<void> {
  const clock = new VirtualClock()
  const wall = new VirtualWall(clock)
  const loop = new EventLoop({ clock, selector: new MemorySelector(clock) })
  const reported: string[] = []
  loop.setExceptionHandler((_, { message, exception }) => reported.push(`${message}: ${String(exception)}`))
  await run(() => main({ loop, clock, wall, reported }), { loopFactory: () => loop })
  if (reported.length > 0) throw new Error(`reported to the loop: ${reported.join('; ')}`)
}

/** A scheduler on the world's wall clock. */
export function schedulerIn(
  world: World,
  options: ConstructorParameters<typeof AsyncScheduler>[0] = {},
): AsyncScheduler {
  return new AsyncScheduler({ clock: world.wall, ...options })
}

/** Time since the new year as [d.]hh:mm:ss[.mmm]. */
export function clockText(date: Date | number): string {
  const ms = Number(date) - NEW_YEAR
  const days = Math.floor(ms / 86_400_000)
  const text = new Date(ms - days * 86_400_000).toISOString().slice(11, 23)
  return `${days === 0 ? '' : `${days}.`}${text.replace(/\.000$/, '')}`
}

/** Records events of these names as texts. */
export function eventLog(scheduler: AsyncScheduler, ...names: SchedulerEventName[]): string[] {
  const log: string[] = []
  for (const name of names) {
    scheduler.on(name, (event) => {
      const parts = Object.entries(event).map(([key, value]) => {
        if (value instanceof Date) return `${key}=${clockText(value)}`
        return `${key}=${value instanceof Error ? value.message : String(value)}`
      })
      log.push(`${name} ${parts.join(' ')}`)
    })
  }
  return log
}
