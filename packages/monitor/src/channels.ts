/**
 * What a loop does, on `node:diagnostics_channel`, where tracing tools listen without knowing the loop:
 *
 *     loop:turn       LoopTurnMessage       a turn ended
 *     loop:callback   LoopCallbackMessage   a callback or task step ended
 *     loop:task       LoopTaskMessage       a task was created or is done
 *     loop:job        LoopJobMessage        a scheduler emitted an event of a job
 *
 * Telling costs a timer read a handle, so the loop is observed only while a channel has subscribers.
 */
import { channel } from 'node:diagnostics_channel'
import type { EventLoop, LoopObserver, Runnable, Task, TurnInfo } from '@loop/core'
import { describeRunnable } from '@loop/core/lowlevel'

/** On `loop:turn`. */
export interface LoopTurnMessage extends TurnInfo {
  readonly loop: EventLoop
}

/** On `loop:callback`. */
export interface LoopCallbackMessage {
  readonly loop: EventLoop
  readonly kind: 'callback' | 'task' | 'internal'
  readonly name: string
  /** The task whose step it was. */
  readonly task: Task | null
  /** Milliseconds, with the microtasks that followed. */
  readonly duration: number
}

/** On `loop:task`. */
export interface LoopTaskMessage {
  readonly loop: EventLoop
  readonly event: 'created' | 'done'
  readonly task: Task
  readonly name: string
}

/** On `loop:job`: an event of a scheduler, such as 'run', 'success' or 'failure', with what its listeners get. */
export interface LoopJobMessage {
  readonly event: string
  /** The job's name, for events of one job. */
  readonly name: string | undefined
  readonly details: unknown
}

/** What has job events: an AsyncScheduler, or anything with the same `on`. */
export interface JobEvents {
  on(name: never, listener: (event: never) => void): Disposable
}

const turns = channel('loop:turn')
const callbacks = channel('loop:callback')
const tasks = channel('loop:task')
const jobs = channel('loop:job')

/** The events of an AsyncScheduler. */
const JOB_EVENTS = ['run', 'success', 'failure', 'missed', 'overlap', 'clockJump']

/** Publishes what one loop does, as long as somebody listens. */
export class LoopChannels implements Disposable {
  private observer: Disposable | null = null
  private wanted = ''

  constructor(private readonly loop: EventLoop) {}

  /** Looks who listens; a channel says nothing when subscribers come, so this is called now and then. */
  update(): void {
    const wanted = [turns, callbacks, tasks].map(({ hasSubscribers }) => Number(hasSubscribers)).join('')
    if (wanted === this.wanted) return
    this.wanted = wanted
    this.observer?.[Symbol.dispose]()
    this.observer = wanted.includes('1') ? this.loop.addObserver(publisher(this.loop)) : null
  }

  [Symbol.dispose](): void {
    this.observer?.[Symbol.dispose]()
  }
}

/** An observer with the members that somebody listens for. */
function publisher(loop: EventLoop): LoopObserver {
  const task = (event: 'created' | 'done') => (object: object) => {
    tasks.publish({ loop, event, task: object as Task, name: (object as Task).getName() } satisfies LoopTaskMessage)
  }
  return {
    ...(turns.hasSubscribers && {
      turnEnded: (info: TurnInfo) => {
        turns.publish({ loop, ...info } satisfies LoopTurnMessage)
      },
    }),
    ...(callbacks.hasSubscribers && {
      handleEnded: (runnable: Runnable, duration: number) => {
        const { kind, name, task } = describeRunnable(runnable)
        callbacks.publish({ loop, kind, name, task, duration } satisfies LoopCallbackMessage)
      },
    }),
    ...(tasks.hasSubscribers && { taskCreated: task('created'), taskDone: task('done') }),
  }
}

/**
 * Publishes the events of a scheduler on `loop:job`; dispose of what it returns to stop.
 *
 * ```ts
 * using _jobs = publishJobs(scheduler)
 * ```
 *
 * To listen to 'failure' is to take the failure: it no longer goes to the loop's exception handler. So that event is
 * published only while the channel has subscribers when this is called.
 */
export function publishJobs(scheduler: JobEvents): Disposable {
  const names = JOB_EVENTS.filter((event) => event !== 'failure' || jobs.hasSubscribers)
  const listening = names.map((event) =>
    scheduler.on(event as never, (details: { readonly name?: string }) => {
      if (jobs.hasSubscribers) jobs.publish({ event, name: details.name, details } satisfies LoopJobMessage)
    }),
  )
  return {
    [Symbol.dispose]: () => {
      for (const each of listening) each[Symbol.dispose]()
    },
  }
}
