/**
 * Asks a store, whether it answers directly or with a promise, and goes on asking where an answer is needed.
 *
 *     ask            once; the caller gets a failure
 *     askUntilDone   until the store has answered: ends of runs, registrations, offers and the like, which may not be
 *                    lost
 *
 *     asked ──answered──────────────────────────> answered
 *       ▲  └─failed, or no answer for ANSWER_MS─┐
 *       └────── waits, twice as long each time ─┘ (no longer wanted, or the scheduler has ended) ──> dropped
 *
 * What is repeated may reach the store twice, when an answer was lost; the contract of stores asks for that.
 * Questions about a job that change it (`ordered`) are asked one after the other, so that a removal that is late
 * removes nothing newer.
 *
 * Long because the two ways of asking share what is known of the store.
 */
import type { EventLoop, Future, TimerHandle } from '@loop/core'
import { messageOf } from '@loop/core/lowlevel'
import { JobStoreError, SchedulerError } from '../errors.ts'
import type { WallClock } from '../base/wall-clock.ts'
import type { Answer, JobStore } from './store.ts'
import { isInstance } from '../base/thrown.ts'

/** What a store is asked to do. */
export type StoreAction = Exclude<
  {
    [K in keyof JobStore]-?: NonNullable<JobStore[K]> extends (...args: never[]) => unknown ? K : never
  }[keyof JobStore],
  'encode'
>

/** A trouble with the store. */
export interface StoreTrouble {
  /** What it was asked. */
  readonly action: StoreAction
  /** The job it was about; null when it was about none. */
  readonly name: string | null
  readonly error: unknown
  /** When it failed for the first time. */
  readonly since: Date
  /** How often it was tried. */
  readonly tries: number
  /** Milliseconds until it is tried again; null when it is not. */
  readonly retryIn: number | null
}

/** What is known of a failure. */
interface Failure {
  readonly tries: number
  /** Whether the store answered something else since the first. */
  readonly healthy: boolean
  /**
   * Whether it is an error of this package, thrown by the store for a reason, and not one of what lies below the store.
   */
  readonly own: boolean
}

/** A question that is repeated until it is answered. */
export interface Request<T, S> {
  readonly action: StoreAction
  /** Whether it takes its turn among the questions about the same job. */
  readonly ordered: boolean
  /** The job that it is about. */
  name(subject: S): string | null
  ask(store: JobStore, subject: S): Answer<T>
  answered(value: T, subject: S): void
  /** Whether the answer is still needed. */
  wanted(subject: S): boolean
  /** Called at each failure, before the listener. False: it is not repeated, and the listener is not called. */
  failed?(error: unknown, subject: S, about: Failure): boolean
}

/** The first wait before a repetition, in milliseconds: a restart of a pool's connection. */
const FIRST_RETRY_MS = 100
/** The longest: what a job waits at most once the store is back. */
const LONGEST_RETRY_MS = 5000
/**
 * A store that has not answered for so long, in milliseconds, is asked again; `open` alone, which may migrate tables,
 * is waited for.
 */
const ANSWER_MS = 30_000

/** A question that has failed. */
interface FailedRequest {
  readonly request: Request<unknown, unknown>
  readonly subject: unknown
  readonly since: Date
  /** The count of answers at the first failure. */
  readonly answers: number
  error: unknown
  tries: number
  timer: TimerHandle | null
}

/** Gets what the answers mean for the scheduler as a whole. */
export interface StoreAccessListener {
  /** Called at each failure. */
  failed(trouble: StoreTrouble): void
  /** Called when the last ordered question was answered. */
  settled(): void
}

/** Asks a store, and goes on asking where an answer is needed. */
export class StoreAccess {
  /** Questions that were asked and not answered. */
  private open = 0
  /** Questions asked once that failed when they were last asked. */
  private readonly failing = new Map<string, { readonly since: Date; readonly tries: number }>()
  private waiters: Future<undefined>[] = []
  private readonly pending = new Set<FailedRequest>()
  /** Ordered questions, by job: each list holds those behind the one that is under way. */
  private readonly queues = new Map<
    string,
    { readonly request: Request<unknown, unknown>; readonly subject: unknown }[]
  >()
  private started = false
  private answers = 0
  private storedAt: number | null = null
  private answeredAt: number | null = null
  private newestTrouble: StoreTrouble | null = null
  private ended = false

  constructor(
    private readonly loop: EventLoop,
    private readonly store: JobStore,
    private readonly wall: WallClock,
    private readonly listener: StoreAccessListener,
  ) {}

  /** Asks once. What the store throws goes to `failed` too, as a JobStoreError unless it is one already. */
  ask<T>(
    action: StoreAction,
    name: string | null,
    question: (store: JobStore) => Answer<T>,
    answered: (value: T) => void,
    failed?: (error: unknown) => void,
  ): void {
    const key = `${action} ${name ?? ''}`
    const refused = (reason: unknown): void => {
      const error = this.named(reason)
      const known = this.failing.get(key)
      const since = known?.since ?? new Date(this.wall.now())
      const tries = (known?.tries ?? 0) + 1
      this.failing.set(key, { since, tries })
      this.note({ action, name, error, since, tries, retryIn: null })
      failed?.(error)
    }
    const heard = (value: T): void => {
      this.failing.delete(key)
      this.heard()
      answered(value)
    }
    let answer: Answer<T>
    try {
      answer = question(this.store)
    } catch (error) {
      refused(error)
      return
    }
    if (isPromise(answer)) this.wait(answer, action, heard, refused)
    else heard(answer)
  }

  /** Asks until the store has answered, or the answer is no longer wanted. */
  askUntilDone<T, S>(request: Request<T, S>, subject: S): void {
    if (!request.ordered) {
      this.attempt(request, subject, null)
      return
    }
    const name = request.name(subject) ?? ''
    const queue = this.queues.get(name)
    if (queue !== undefined) queue.push({ request: request as Request<unknown, unknown>, subject })
    else if (!this.started) this.queues.set(name, [{ request: request as Request<unknown, unknown>, subject }])
    else if (!this.attempt(request, subject, null)) this.queues.set(name, [])
  }

  /** The store is open: asks the ordered questions that came before. */
  start(): void {
    this.started = true
    for (const name of [...this.queues.keys()]) this.advance(name)
  }

  /** Whether an ordered question about a job is under way. */
  changing(name: string): boolean {
    return this.queues.has(name)
  }

  /** Whether no ordered question is under way. */
  get settled(): boolean {
    return this.queues.size === 0
  }

  /** Done once no question is open. */
  quiet(): Future<undefined> {
    const future = this.loop.createFuture<undefined>()
    if (this.open === 0) future.setResult(undefined)
    else this.waiters.push(future)
    return future
  }

  /** What the store could not do yet for a job. */
  troubleOf(name: string): StoreTrouble | null {
    for (const pending of this.pending)
      if (pending.request.name(pending.subject) === name) return { ...troubleOfRequest(pending), retryIn: null }
    return null
  }

  /** The oldest trouble there is; null while the store answers. */
  get trouble(): StoreTrouble | null {
    for (const pending of this.pending) return { ...troubleOfRequest(pending), retryIn: null }
    return this.newestTrouble
  }

  /** Whether the newest answer was not a failure. */
  get reachable(): boolean {
    return this.newestTrouble === null
  }

  /** When the store last answered, in epoch milliseconds. */
  get lastAnswer(): number | null {
    return this.answeredAt
  }

  /** When it last took something that had to be stored, in epoch milliseconds. */
  get lastStored(): number | null {
    return this.storedAt
  }

  /** Repeats nothing any more, from now on. */
  end(): void {
    this.ended = true
    for (const { timer } of this.pending) timer?.cancel()
  }

  // ---------------------------------------------------------------- inside

  /** Asks; true when nothing is left to be done. */
  private attempt<T, S>(request: Request<T, S>, subject: S, known: FailedRequest | null): boolean {
    if (known !== null && !request.wanted(subject)) {
      this.pending.delete(known)
      return true
    }
    let answer: Answer<T>
    try {
      answer = request.ask(this.store, subject)
    } catch (error) {
      return this.again(request, subject, known, error)
    }
    if (!isPromise(answer)) {
      this.answered(request, subject, known, answer)
      return true
    }
    this.wait(
      answer,
      request.action,
      (value) => {
        this.answered(request, subject, known, value)
        if (request.ordered) this.advance(request.name(subject) ?? '')
      },
      (error) => {
        if (this.again(request, subject, known, error) && request.ordered) this.advance(request.name(subject) ?? '')
      },
    )
    return false
  }

  private answered<T, S>(request: Request<T, S>, subject: S, known: FailedRequest | null, value: T): void {
    if (known !== null) this.pending.delete(known)
    this.heard()
    this.storedAt = this.answeredAt
    request.answered(value, subject)
  }

  /** Asks what waited behind an ordered question that is done. */
  private advance(name: string): void {
    const queue = this.queues.get(name)
    if (queue === undefined) return
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (!this.attempt(next.request, next.subject, null)) return
    }
    this.queues.delete(name)
    if (this.queues.size === 0) this.listener.settled()
  }

  /** After a failure; true when it is not repeated. */
  private again<T, S>(request: Request<T, S>, subject: S, known: FailedRequest | null, reason: unknown): boolean {
    const error = this.named(reason)
    const pending: FailedRequest = known ?? {
      request: request as Request<unknown, unknown>,
      subject,
      since: new Date(this.wall.now()),
      answers: this.answers,
      error,
      tries: 0,
      timer: null,
    }
    pending.error = error
    pending.tries++
    const about = { tries: pending.tries, healthy: this.answers > pending.answers, own: error === reason }
    if (request.failed?.(error, subject, about) === false) {
      this.pending.delete(pending)
      return true
    }
    const repeat = request.wanted(subject) && !this.ended
    const retryIn = repeat ? Math.min(FIRST_RETRY_MS * 2 ** (pending.tries - 1), LONGEST_RETRY_MS) : null
    // After the end nobody listens; what is left then is in the scheduler's last report.
    if (!this.ended) this.note({ ...troubleOfRequest(pending), retryIn })
    if (retryIn === null) {
      this.pending.delete(pending)
      return true
    }
    this.pending.add(pending)
    pending.timer = this.loop.callLater(retryIn, () => {
      pending.timer = null
      if (this.attempt(request, subject, pending) && request.ordered) this.advance(request.name(subject) ?? '')
    })
    return false
  }

  private wait<T>(
    answer: PromiseLike<T>,
    action: StoreAction,
    answered: (value: T) => void,
    failed: (error: unknown) => void,
  ): void {
    const { loop, store } = this
    this.open++
    let late: TimerHandle | null = null
    let over = false
    const end = (then: () => void): void => {
      if (over) return
      over = true
      late?.cancel()
      this.open--
      try {
        then()
      } finally {
        if (this.open === 0) for (const waiter of this.waiters.splice(0)) waiter.setResult(undefined)
      }
    }
    if (action !== 'open') {
      late = loop.callLater(ANSWER_MS, () => {
        end(() => {
          failed(new JobStoreError(`job store "${store.name}": it has not answered for ${ANSWER_MS} ms`))
        })
      })
    }
    loop.wrap(answer).addDoneCallback((done) => {
      end(() => {
        const error = done.cancelled() ? new JobStoreError('the question was cancelled') : done.exception()
        if (error === null || error === undefined) answered(done.result())
        else failed(error)
      })
    })
  }

  private heard(): void {
    this.answers++
    this.newestTrouble = null
    // Only of stores that can be away it is of interest when; a reading for each answer of one in memory would cost as
    // much as the answer.
    if (this.store.shared) this.answeredAt = this.wall.now()
  }

  private note(trouble: StoreTrouble): void {
    this.newestTrouble = trouble
    this.listener.failed(trouble)
  }

  private named(error: unknown): unknown {
    if (isInstance(error, SchedulerError)) return error
    return new JobStoreError(`job store "${this.store.name}": ${messageOf(error)}`, { cause: error })
  }
}

function isPromise<T>(answer: Answer<T>): answer is PromiseLike<T> {
  return typeof answer === 'object' && answer !== null && 'then' in answer
}

function troubleOfRequest({ request, subject, error, since, tries }: FailedRequest): Omit<StoreTrouble, 'retryIn'> {
  return { action: request.action, name: request.name(subject), error, since, tries }
}
