import type { StoreAction } from '../store/store-access.ts'
import type {
  JobRegistration,
  JobStore,
  Lease,
  ListedJob,
  Offer,
  OfferResult,
  RunRecord,
  StoredJob,
  Answer,
} from '../store/store.ts'

/**
 * How one answer fails: 'before' the store did anything, 'after' it did everything, so that only the answer is lost, or
 * it 'never' comes. A promise makes it slow: the store does its work once that is done.
 */
export type StoreFault = 'before' | 'after' | 'never' | PromiseLike<unknown>

/**
 * A store whose members fail when the test says so, around a store that works.
 *
 * ```ts
 * const store = new FaultyStore(new MemoryStore(), (action) => (action === 'finish' ? 'after' : null))
 * ```
 */
export class FaultyStore implements JobStore {
  readonly name: string
  readonly shared: boolean
  readonly pollMs: number | null
  readonly renewMs: number | null

  constructor(
    private readonly inner: JobStore,
    /** Asked before each answer; null lets it be. It may be replaced at any time. */
    public fault: (action: StoreAction, subject: string | null) => StoreFault | null = () => null,
  ) {
    this.name = inner.name
    this.shared = inner.shared
    this.pollMs = inner.pollMs
    this.renewMs = inner.renewMs
  }

  open(): Answer<void> {
    return this.pass('open', null, () => this.inner.open())
  }

  close(): Answer<void> {
    return this.pass('close', null, () => this.inner.close())
  }

  register(job: JobRegistration): Answer<StoredJob> {
    return this.pass('register', job.name, () => this.inner.register(job))
  }

  remove(name: string): Answer<boolean> {
    return this.pass('remove', name, () => this.inner.remove(name))
  }

  list(open: boolean): Answer<readonly ListedJob[]> {
    return this.pass('list', null, () => this.inner.list?.(open) ?? [])
  }

  pause(name: string, paused: boolean): Answer<void> {
    return this.pass('pause', name, () => this.inner.pause(name, paused))
  }

  rewind(name: string, watermark: number): Answer<void> {
    return this.pass('rewind', name, () => this.inner.rewind(name, watermark))
  }

  offer(offer: Offer): Answer<OfferResult> {
    return this.pass('offer', offer.name, () => this.inner.offer(offer))
  }

  start(name: string, scheduledFor: number): Answer<Lease | null> {
    return this.pass('start', name, () => this.inner.start(name, scheduledFor))
  }

  take(name: string | null): Answer<readonly Lease[]> {
    return this.pass('take', name, () => this.inner.take(name))
  }

  renew(lease: Lease): Answer<boolean> {
    return this.pass('renew', lease.key, () => this.inner.renew(lease))
  }

  release(lease: Lease, began: boolean): Answer<void> {
    return this.pass('release', lease.key, () => this.inner.release(lease, began))
  }

  finish(lease: Lease, record: RunRecord): Answer<boolean> {
    return this.pass('finish', lease.key, () => this.inner.finish(lease, record))
  }

  encode(result: unknown): unknown {
    return this.inner.encode(result)
  }

  private pass<T>(action: StoreAction, subject: string | null, member: () => Answer<T>): Answer<T> {
    const fault = this.fault(action, subject)
    if (fault === null) return member()
    if (typeof fault === 'object') return Promise.resolve(fault).then(member)
    const error = new Error(`${action} failed ${fault} its work, as the test wants it`)
    if (fault === 'never') return new Promise<T>(() => {})
    if (fault === 'before') throw error
    const answer = member()
    if (typeof answer !== 'object' || answer === null || !('then' in answer)) throw error
    return answer.then(() => {
      throw error
    })
  }
}
