/**
 * Offers on their way to the database. Several instances come to the same occurrences at the same moment, and only one of
 * them can place each; a transaction by each instance for each occurrence would be mostly in vain. So the offers of an
 * instance wait in a queue: one look tells which of them others have placed meanwhile, and of the rest a few at a time are
 * placed, picked at random, so that the instances do not all begin with the same one and share the work instead.
 */
import type { Offer, OfferResult } from '@loop/scheduler'

/** What a look tells of a job. */
export interface Seen {
  readonly name: string
  readonly watermark: number
  readonly offered: number
  /** The policy of its queue; null when the queue is gone. */
  readonly policy: string | null
}

interface Waiting {
  readonly offer: Offer
  resolve(result: OfferResult): void
  reject(error: unknown): void
}

/** The answer to who comes second. */
export const oldNews = (offered: number): OfferResult => ({ leases: [], skipped: [], offered, moved: false })

/** See the top of the file. */
export class OfferQueue {
  private waiting: Waiting[] = []
  private working = false

  constructor(
    /** How many are placed at a time. */
    private readonly width: number,
    private readonly look: (names: readonly string[]) => Promise<readonly Seen[]>,
    private readonly place: (offer: Offer) => Promise<OfferResult>,
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
        const seen = new Map((await this.look(waiting.map(({ offer }) => offer.name))).map((job) => [job.name, job]))
        const rest: Waiting[] = []
        for (const each of waiting) {
          const job = seen.get(each.offer.name)
          if (job !== undefined && job.watermark >= each.offer.watermark) each.resolve(oldNews(job.offered))
          else rest.push(each)
        }
        const placed: Promise<void>[] = []
        while (placed.length < this.width && rest.length > 0) {
          // The last one takes the place of the one that is picked.
          const index = Math.floor(Math.random() * rest.length)
          const { offer, resolve, reject } = rest[index]!
          const last = rest.pop()!
          if (index < rest.length) rest[index] = last
          placed.push(this.place(offer).then(resolve, reject))
        }
        for (const each of rest) this.waiting.push(each)
        await Promise.all(placed)
      } catch (error) {
        for (const { reject } of waiting) reject(error)
      }
    }
    this.working = false
  }
}
