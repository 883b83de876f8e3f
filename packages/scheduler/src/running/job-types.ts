/**
 * Types of jobs, and the jobs in the store that this program has not registered itself: those of a type that is defined
 * here are run, whoever accepted them, so that a job outlives the process that accepted it; the others are reported.
 */
import type { TimerHandle } from '@loop/core'
import { defineOnce, defineRecurring } from '../jobs/definition.ts'
import type { SchedulerContext } from './context.ts'
import type { JobRegistry } from './job-registry.ts'
import type { AcceptedJob, JobType } from '../jobs/accepted.ts'
import { damageOf, readAccepted } from '../jobs/accepted.ts'
import { CorruptStoreError, UnknownJobTypeError, UnknownStoredJobsError } from '../errors.ts'
import type { ListedJob } from '../store/store.ts'

/**
 * Milliseconds between two looks for jobs that other instances accepted, or as many as between two looks for their
 * runs.
 */
const LOOK_MS = 30_000
/**
 * Milliseconds from the opening of the store to the first look: what a program registers as it starts is registered by
 * then.
 */
const FIRST_LOOK_MS = 1000

/** The types of jobs, and the jobs of the store that this program has not registered itself. */
export class JobTypes {
  private readonly types = new Map<string, JobType>()
  private readonly reported = new Set<string>()
  /** Names removed since the list that is being asked for was asked for. */
  private removed = new Set<string>()
  private timer: TimerHandle | null = null
  private running = false

  constructor(
    private readonly context: SchedulerContext,
    private readonly registry: JobRegistry,
  ) {}

  define(type: JobType): void {
    this.types.set(type.name, type)
    // Those of the type that are in the store already.
    if (this.running) this.lookIn(0)
  }

  has(type: string): boolean {
    return this.types.has(type)
  }

  /** Throws UnknownJobTypeError. */
  type(name: string): JobType {
    const type = this.types.get(name)
    if (type === undefined) throw new UnknownJobTypeError(name, [...this.types.keys()])
    return type
  }

  /** Begins to look, if others use the store too. */
  start(): void {
    if (!this.context.store.shared || this.context.store.list === undefined) return
    this.running = true
    this.lookIn(Math.min(this.context.store.pollMs ?? FIRST_LOOK_MS, FIRST_LOOK_MS))
  }

  stop(): void {
    this.running = false
    this.timer?.cancel()
  }

  /** A job is being removed: it is not to be found again. */
  forget(name: string): void {
    this.removed.add(name)
    this.reported.delete(name)
  }

  private lookIn(ms: number): void {
    this.timer?.cancel()
    this.timer = this.context.loop.callLater(ms, () => {
      this.lookIn(Math.max(LOOK_MS, this.context.store.pollMs ?? 0))
      this.removed = new Set()
      this.context.access.ask(
        'list',
        null,
        (store) => store.list!(true),
        (jobs) => {
          if (this.running) this.found(jobs)
        },
      )
    })
  }

  private found(jobs: readonly ListedJob[]): void {
    const unknown: string[] = []
    for (const job of jobs) {
      const { name } = job
      if (this.context.jobs.has(name) || this.removed.has(name) || this.context.access.changing(name)) continue
      const accepted = job.accepted === null ? null : readAccepted(job.accepted)
      const damage = damageOf(job, accepted)
      if (damage !== null) {
        this.reportDamage(name, damage)
        continue
      }
      const type = accepted === null ? undefined : this.types.get(accepted.type)
      if (type !== undefined) this.adopt(type, accepted!, job)
      else if (this.emitUnknown(job, accepted?.type ?? null)) unknown.push(name)
    }
    if (unknown.length > 0)
      this.context.report('jobs in the store cannot run here', new UnknownStoredJobsError(unknown))
  }

  private adopt(type: JobType, accepted: AcceptedJob, job: ListedJob): void {
    try {
      const define = job.recurring ? defineRecurring : defineOnce
      this.registry.adopt(define(job.name, type.handler, { ...type.options, ...accepted.options }, accepted))
    } catch (exception) {
      if (this.reported.has(job.name)) return
      this.reported.add(job.name)
      this.context.report(`the stored job "${job.name}" cannot run here`, exception)
    }
  }

  /** Reports a job that cannot be read, once. */
  private reportDamage(name: string, damage: string): void {
    if (this.reported.has(name)) return
    this.reported.add(name)
    const hint = 'restore the store from a backup, or remove() the job'
    const error = new CorruptStoreError(`job store "${this.context.store.name}"`, name, `${damage}; ${hint}`)
    this.context.report(`the stored job "${name}" cannot run`, error)
  }

  /** Emits `unknown`, once a job; true when it has to be reported, as nobody listens and somebody counts on the job. */
  private emitUnknown({ name, recurring, schedule }: ListedJob, type: string | null): boolean {
    if (this.reported.has(name)) return false
    this.reported.add(name)
    const { events } = this.context
    if (!events.heard('unknown')) return type !== null || !recurring
    events.emit('unknown', { name, type, schedule })
    return false
  }
}
