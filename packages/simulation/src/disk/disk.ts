import type { Future } from '@loop/core'
import { getRunningLoop } from '@loop/core'
import { describe } from '@loop/core/lowlevel'
import type { Range } from '../network/conditions.ts'
import { rangeOf } from '../network/conditions.ts'
import { systemError } from '../network/system-error.ts'
import type { Random } from '../random.ts'
import type { FaultLedger } from '../world/fault-ledger.ts'
import type { Trace } from '../world/trace.ts'
import type { Drive } from './file-system.ts'
import { FileSystem } from './file-system.ts'
import { Volume } from './volume.ts'

/** How a disk behaves. */
export interface DiskConditions {
  /** Milliseconds that an operation takes; 0.05 to 0.5 by default. */
  readonly latency?: Range
  /** Milliseconds that a sync takes; 1 to 10 by default. */
  readonly syncLatency?: Range
  /** Bytes of all files together; a write beyond fails with ENOSPC. No limit by default. */
  readonly capacity?: number
  /** The probability that a read fails with EIO; 0 by default, as are the others. */
  readonly readError?: number
  /** The probability that a write fails with EIO, although its bytes may be there. */
  readonly writeError?: number
  /** The probability that a sync fails with EIO: what it was to bring to the disk never gets there. */
  readonly syncError?: number
}

/** The same, complete and checked. */
export type CheckedDiskConditions = Required<Omit<DiskConditions, 'latency' | 'syncLatency'>> & {
  readonly latency: readonly [number, number]
  readonly syncLatency: readonly [number, number]
}

const DEFAULTS: CheckedDiskConditions = {
  latency: [0.05, 0.5],
  syncLatency: [1, 10],
  capacity: Infinity,
  readError: 0,
  writeError: 0,
  syncError: 0,
}

/** Reads conditions over others. Throws RangeError for what means nothing. */
export function diskConditionsOf(
  given: DiskConditions = {},
  base: CheckedDiskConditions = DEFAULTS,
): CheckedDiskConditions {
  for (const name of Object.keys(given))
    if (!(name in DEFAULTS))
      throw new RangeError(`there is no disk condition "${name}"; there are ${Object.keys(DEFAULTS).join(', ')}`)
  const all = { ...base, ...given }
  for (const name of ['readError', 'writeError', 'syncError'] as const)
    if (!(all[name] >= 0 && all[name] <= 1))
      throw new RangeError(`disk.${name} is a probability from 0 to 1, not ${describe(all[name])}`)
  if (!(all.capacity >= 0)) throw new RangeError(`disk.capacity is a number of bytes, not ${describe(all.capacity)}`)
  return {
    ...all,
    latency: rangeOf(all.latency, 'disk.latency'),
    syncLatency: rangeOf(all.syncLatency, 'disk.syncLatency'),
  }
}

/** Whose disk it is. */
export interface DiskOwner {
  readonly name: string
  readonly boots: number
  post(run: () => void): void
}

/** What a disk takes from its world. */
export interface DiskWorld {
  readonly ledger: FaultLedger
  readonly random: Random
  readonly trace: Trace
  now(): number
  readonly conditions: CheckedDiskConditions
}

/** What kind of operation, for its time and its faults. */
type Kind = 'read' | 'write' | 'sync'

/** The disk of a host: it stays when its programs come and go. */
export class Disk implements Drive {
  readonly volume = new Volume()
  readonly files: FileSystem
  private conditions: CheckedDiskConditions

  constructor(
    private readonly owner: DiskOwner,
    private readonly world: DiskWorld,
  ) {
    this.conditions = world.conditions
    this.files = new FileSystem(this)
  }

  get boot(): number {
    return this.owner.boots
  }

  now(): number {
    return this.world.now()
  }

  setConditions(given: DiskConditions): void {
    this.conditions = diskConditionsOf(given, this.conditions)
  }

  heal(): void {
    this.conditions = this.world.conditions
  }

  /**
   * Does something that takes a while. `begin` acts at once on what programs see, and may return what happens at the
   * end; it throws the system's errors.
   */
  perform<T>(kind: Kind, begin: () => T, finish?: (failed: boolean) => void): Future<T> {
    const loop = getRunningLoop()
    const future = loop.createFuture<T>()
    const { conditions, owner, world } = this
    const { latency, syncLatency } = conditions
    const fails = world.ledger.strikes(`${kind}Error`, owner.name, conditions[`${kind}Error`], world.random)
    const duration = world.random.between(...(kind === 'sync' ? syncLatency : latency))
    let settle: () => void
    try {
      if (fails && kind === 'read') throw systemError('EIO', kind)
      const value = begin()
      if (fails) throw systemError('EIO', kind)
      settle = () => {
        finish?.(false)
        future.setResult(value)
      }
    } catch (error) {
      settle = () => {
        finish?.(true)
        future.setException(error)
      }
    }
    loop.callLater(duration, () => {
      if (!future.done()) settle()
      else finish?.(false)
    })
    return future
  }

  /** Whether so many more bytes fit. Throws ENOSPC. */
  reserve(bytes: number): void {
    const { capacity } = this.conditions
    if (capacity !== Infinity && this.volume.size + bytes > capacity) throw systemError('ENOSPC', 'write')
  }

  /** What a crash leaves of it. */
  crash(how: 'lose' | 'keep'): void {
    if (how === 'keep') {
      this.volume.keep()
      return
    }
    const harmed = this.volume.crash(this.world.random)
    if (harmed > 0)
      this.world.trace.note(
        'fault',
        this.world.now(),
        this.owner.name,
        `its disk loses ${harmed === 1 ? 'a change that was' : `${harmed} changes that were`} not synced, or a part`,
      )
  }
}
