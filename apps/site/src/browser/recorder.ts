import { allTasks, type EventLoop, Task } from '@loop/core'
import type { LoopObserver, Runnable, ScheduledInfo } from '@loop/core/lowlevel'
import { describeRunnable, describeTask } from '@loop/core/lowlevel'
import type { Moment } from './protocol.ts'

/** Moments that are kept: enough for a program that fits on a screen. */
const MOST = 2_000

/** Notes what a loop does, so that it can be looked at step by step: from the loop's observers, as a debug loop does. */
export class Recorder {
  readonly moments: Moment[] = []
  private turn = 0
  /** What was scheduled and has not run, by its handle. */
  private readonly soon = new Map<object, string>()
  private readonly later = new Map<object, { readonly name: string; readonly when: number }>()

  private readonly began: number

  constructor(private readonly loop: EventLoop) {
    this.began = loop.time()
    const observer: LoopObserver = {
      scheduled: (info) => {
        this.scheduled(info)
      },
      turnStarted: (turn) => {
        this.turn = turn
        // What is due moves from the heap to the queue at the beginning of a turn.
        for (const [handle, { name, when }] of this.later) {
          if (when > loop.time()) continue
          this.later.delete(handle)
          this.soon.set(handle, name)
        }
        this.note('turn', `turn ${turn} begins`)
      },
      handleStarted: (runnable) => {
        this.soon.delete(runnable)
        this.note('handle', `runs ${named(runnable)}`)
      },
      turnEnded: ({ turn, wait }) => {
        const next = wait === null ? 'sleeps until woken' : wait === 0 ? 'goes on at once' : `sleeps ${round(wait)} ms`
        this.note('turn', `turn ${turn} ends: the loop ${next}`)
      },
      taskCreated: (task) => {
        this.note('task', `the task ${nameOfTask(task)} is made`)
      },
      taskDone: (task) => {
        const { cancelled } = task as { cancelled?(): boolean }
        const how = task instanceof Task && cancelled?.call(task) === true ? 'was cancelled' : 'is done'
        this.note('task', `the task ${nameOfTask(task)} ${how}`)
      },
    }
    loop.addObserver(observer)
  }

  private scheduled({ kind, callback, args, delay, when, handle }: ScheduledInfo): void {
    const name = `${callback.name || '(anonymous)'}(${args.map(String).join(', ')})`
    if (kind === 'callSoon') this.soon.set(handle, name)
    else this.later.set(handle, { name, when: when ?? 0 })
    const time = kind === 'callLater' ? ` ${round(delay ?? 0)} ms` : kind === 'callAt' ? ` ${round(when ?? 0)} ms` : ''
    this.note('scheduled', `${kind}${time} ${name}`)
  }

  private note(kind: Moment['kind'], text: string): void {
    if (this.moments.length >= MOST) return
    const { loop } = this
    for (const [handle] of this.later)
      if ((handle as { cancelled?(): boolean }).cancelled?.() === true) this.later.delete(handle)
    const { ready, timers } = loop.statistics()
    const tasks = [...allTasks(loop)].map((task) => {
      const { name, awaiting } = describeTask(task)
      return { name, waitsFor: awaiting.map((each) => each.name).join(', ') }
    })
    this.moments.push({
      kind,
      text,
      turn: this.turn,
      time: round(loop.time() - this.began),
      ready: filled([...this.soon.values()], ready, 'step of a task'),
      timers: filled(
        [...this.later.values()].map(({ name, when }) => `${round(when - this.began)} ms  ${name}`),
        timers,
        'sleep',
      ),
      tasks,
    })
  }
}

/** Names of what was scheduled by calls, and for the rest of the length what else the loop has there. */
function filled(names: string[], length: number, otherwise: string): string[] {
  const shown = names.slice(0, length)
  return [...shown, ...Array.from({ length: Math.min(20, length - shown.length) }, () => otherwise)]
}

const round = (ms: number): number => Math.round(ms * 10) / 10

function named(runnable: Runnable): string {
  const { kind, name } = describeRunnable(runnable)
  return kind === 'task' ? `a step of ${name}` : name
}

const nameOfTask = (task: object): string => (task instanceof Task ? task.getName() : 'of the program')
