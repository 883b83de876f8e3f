/**
 * Offers on their way to the database. Several instances come to the same occurrences at the same moment, and only one
 * of them can place each; a transaction by each instance for each occurrence would be mostly in vain. So the offers of
 * an instance wait in a queue: one look shows which of them others have placed meanwhile, and of the rest some are
 * placed in one transaction, picked at random, so that the instances do not all begin with the same and share the work
 * instead.
 */
import type { Offer, OfferResult } from '@loop/scheduler'
import { answered } from './answered.ts'
import { isOfOne } from './batches.ts'

/** What a look shows of a job. */
export interface Seen {
  readonly name: string
  readonly watermark: number
  readonly offered: number
  /** The policy of its queue; null when the queue is gone. */
  readonly policy: string | null
}

/**
 * Of what waits, the share that goes into one transaction: several instances meet seldom, and one alone is soon done.
 */
const SHARE = 1 / 4
/**
 * The least and the most in one transaction: its statements cost the same for one as for many, but locks are to be
 * short.
 */
const LEAST = 10
const MOST = 100

/** Milliseconds until the next look at jobs that others are placing: a transaction of a few statements. */
const BUSY_MS = 10

interface Waiting {
  readonly offer: Offer
  resolve(result: OfferResult): void
  reject(error: unknown): void
}

/** The answer to who comes second. */
export const oldNews = (offered: number): OfferResult => ({ leases: [], skipped: [], offered, moved: false })

/** Offers on their way to the database: one look for all, and some of the rest placed in one transaction. */
export class OfferQueue {
  private waiting: Waiting[] = []
  private working = false

  constructor(
    private readonly look: (names: readonly string[]) => Promise<readonly Seen[]>,
    private readonly place: (offers: readonly Offer[]) => Promise<readonly (OfferResult | null)[]>,
  ) {}

  add(offer: Offer): Promise<OfferResult> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ offer, resolve, reject })
      if (!this.working) void this.work()
    })
  }

  private async work(): Promise<void> {
    this.working = true
    // What else is due at this moment comes first.
    await Promise.resolve()
    while (this.waiting.length > 0) {
      const waiting = this.waiting
      this.waiting = []
      try {
        const seen = new Map(
          (await answered(this.look(waiting.map(({ offer }) => offer.name)))).map((job) => [job.name, job]),
        )
        const rest: Waiting[] = []
        for (const each of waiting) {
          const job = seen.get(each.offer.name)
          // Cancelled by another instance, or placed by one.
          if (job === undefined) each.resolve(oldNews(Infinity))
          else if (job.watermark >= each.offer.watermark) each.resolve(oldNews(job.offered))
          else rest.push(each)
        }
        const picked = pick(rest)
        for (const each of rest) this.waiting.push(each)
        await this.placeAll(picked)
      } catch (error) {
        for (const { reject } of waiting) reject(error)
      }
    }
    this.working = false
  }

  private async placeAll(picked: readonly Waiting[]): Promise<void> {
    if (picked.length === 0) return
    try {
      const results = await answered(this.place(picked.map(({ offer }) => offer)))
      let placed = 0
      for (const [i, each] of picked.entries()) {
        const result = results[i]!
        if (result === null) this.waiting.push(each)
        else {
          each.resolve(result)
          placed++
        }
      }
      // Others are at it: by the next look they have placed these.
      if (placed === 0) await new Promise((resolve) => setTimeout(resolve, BUSY_MS))
    } catch (error) {
      if (picked.length > 1 && isOfOne(error)) for (const each of picked) await this.placeAll([each])
      else for (const { reject } of picked) reject(error)
    }
  }
}

/** Takes some offers of different jobs out of a list, at random. */
function pick(list: Waiting[]): Waiting[] {
  const names = new Set<string>()
  const picked: Waiting[] = []
  const again: Waiting[] = []
  const most = Math.min(MOST, Math.max(LEAST, Math.ceil(list.length * SHARE)))
  while (picked.length < most && list.length > 0) {
    // The last one takes the place of the one that is picked.
    const index = Math.floor(Math.random() * list.length)
    const each = list[index]!
    const last = list.pop()!
    if (index < list.length) list[index] = last
    // Two schedulers on this store may come to the same job.
    if (names.has(each.offer.name)) again.push(each)
    else picked.push(each)
    names.add(each.offer.name)
  }
  for (const each of again) list.push(each)
  return picked
}
