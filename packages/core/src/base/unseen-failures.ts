/**
 * Failures that nobody has looked at: each is reported once, when its future is collected as garbage or the loop
 * closes.
 *
 *     failed ─> fresh ─(end of the turn in which its waiters have run)─> recorded ─> collected or closed: reported
 *           └──────────┴───────────────────── looked at ──────────────────────────> forgotten
 *
 * An error often leads back to the future that failed with it, through the stack that V8 keeps for it or through a
 * property. So a record that held the error would keep its own future alive, and what both hold with it, for ever. It
 * holds their text. Making that costs tens of microseconds, and most failures are awaited: those are looked at while
 * they are fresh.
 */
import type { ExceptionContext } from '../contracts/observe.ts'
import { describeFully, messageOf, readText } from './describe.ts'

/** A failed future, as far as it matters here. */
export interface Failed {
  /** What will be reported, without the error. */
  unseenContext(): ExceptionContext
  readonly failedWith: unknown
  /** Null once somebody looked. */
  unseen: Unseen | null
}

export type Unseen = 'fresh' | UnseenRecord

interface UnseenRecord {
  readonly reports: UnseenFailures
  readonly future: WeakRef<Failed>
  readonly context: ExceptionContext
  readonly thrown: Remembered
}

const collected = new FinalizationRegistry<UnseenRecord>((record) => {
  record.reports.collected(record)
})

/** Those of one loop. */
export class UnseenFailures {
  private fresh: Failed[] = []
  /** Fresh since the turn before. */
  private ripe: Failed[] = []
  private readonly records = new Set<UnseenRecord>()

  constructor(private readonly report: (context: ExceptionContext) => void) {}

  /** `future` has failed; its waiters run in the next turn, if there is one. */
  add(future: Failed, turnFollows: boolean): void {
    future.unseen = 'fresh'
    if (turnFollows) this.fresh.push(future)
    else this.record(future)
  }

  /** Somebody has looked at the failure. */
  look(future: Failed): void {
    const { unseen } = future
    future.unseen = null
    if (unseen === null || unseen === 'fresh') return
    collected.unregister(unseen)
    this.records.delete(unseen)
  }

  /** Takes to the records what was fresh a turn ago, or all when the loop is about to sleep. */
  turnEnded(sleeping: boolean): void {
    const { ripe, fresh } = this
    if (ripe.length === 0 && fresh.length === 0) return
    this.ripe = sleeping ? [] : fresh
    this.fresh = []
    for (const future of ripe) this.record(future)
    if (sleeping) for (const future of fresh) this.record(future)
  }

  /** Reports all that is left. */
  close(): void {
    this.turnEnded(true)
    for (const record of [...this.records]) {
      collected.unregister(record)
      this.reportRecord(record)
    }
  }

  /** Reports nothing of what is left. */
  abandon(): void {
    this.fresh = []
    this.ripe = []
    for (const record of this.records) collected.unregister(record)
    this.records.clear()
  }

  collected(record: UnseenRecord): void {
    if (this.records.has(record)) this.reportRecord(record)
  }

  private record(future: Failed): void {
    if (future.unseen !== 'fresh') return
    const record: UnseenRecord = {
      reports: this,
      future: new WeakRef(future),
      context: future.unseenContext(),
      thrown: new Remembered(future.failedWith),
    }
    future.unseen = record
    this.records.add(record)
    collected.register(future as object, record, record)
  }

  private reportRecord(record: UnseenRecord): void {
    this.records.delete(record)
    const future = record.future.deref()
    if (future !== undefined) future.unseen = null
    const { message, ...rest } = record.context
    this.report({ message, exception: record.thrown.recall(), ...rest })
  }
}

/** A thrown value for later, held weakly, and its text for when it is gone; primitive values are held themselves. */
class Remembered {
  private readonly ref: WeakRef<object> | null
  private readonly primitive: unknown
  private readonly parts: { name?: string | undefined; message: string; stack: string; code?: string | undefined }

  constructor(thrown: unknown) {
    const isObject = (typeof thrown === 'object' && thrown !== null) || typeof thrown === 'function'
    this.ref = isObject ? new WeakRef(thrown) : null
    this.primitive = isObject ? undefined : thrown
    this.parts = {
      name: readText(thrown, 'name'),
      message: messageOf(thrown),
      stack: readText(thrown, 'stack') ?? describeFully(thrown),
      code: readText(thrown, 'code'),
    }
  }

  recall(): unknown {
    return this.ref === null ? this.primitive : (this.ref.deref() ?? standIn(this.parts))
  }
}

function standIn({ message, ...others }: { message: string; [part: string]: string | undefined }): Error {
  const error = new Error(message)
  for (const [key, value] of Object.entries(others)) {
    if (value !== undefined)
      Object.defineProperty(error, key, { value, configurable: true, writable: true, enumerable: key === 'code' })
  }
  return error
}
