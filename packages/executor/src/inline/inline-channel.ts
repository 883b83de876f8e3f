/**
 * A worker that is no worker: runs tasks in this thread, one after the other, with everything else as in a pool.
 *
 * Functions are made again from their source and arguments, results and errors are copied, so that what works here
 * works on threads and in processes.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { NOTHING_UNSENDABLE, type Channel, type ChannelOwner, type Unsendable } from '../pool/channel.ts'
import { createDoorClient, type DoorHandle } from '../threadsafe/door-client.ts'
import { decodeAnswer } from '../transfer/decode-answer.ts'
import { inside } from '../pool/nesting.ts'
import type { WorkerStart } from '../pool/pool-worker.ts'
import { packArguments } from '../transfer/pack-arguments.ts'
import type { Outcome, WorkItem } from '../pool/work-item.ts'
import { MarkedError, stayedHere } from '../transfer/transfer.ts'
import { KnownFunctions } from '../functions/known-functions.ts'
import { unsendableArgument, unsendableResult } from '../transfer/unsendable.ts'
import { encodeError } from '../transfer/error-encoder.ts'
import { FunctionTable, loadModule } from '../worker/function-table.ts'
import { inspect, withOwnBytes } from '../transfer/inspector.ts'
import { replacePlaceholders } from '../transfer/placeholders.ts'
import { TaskContext, type TaskScope } from '../worker/task-context.ts'

interface Call {
  readonly task: WorkItem
  readonly args: unknown[]
  startedAt: number | null
  scope: TaskScope | null
}

export class InlineChannel implements Channel {
  /** No deeper than a thread's, so that statistics look alike. */
  readonly capacity = 1024
  readonly revocable = true
  readonly unresponsive = false
  readonly leastAhead = 2
  private readonly calls: Call[] = []
  private readonly functions = new FunctionTable()
  private readonly knownFunctions = new KnownFunctions()
  private readonly context: TaskContext
  private readonly counterparts = {
    signal: () => this.context.signal(),
    door: (handle: DoorHandle) => createDoorClient(handle),
  }
  private readonly running = new Set<Call>()
  private outgoing: WorkItem[] = []
  private closed = false

  constructor(
    private readonly owner: ChannelOwner,
    private readonly now: () => number,
    private readonly settings: WorkerStart,
  ) {
    this.context = new TaskContext(settings.tasksPerWorker > 1 ? new AsyncLocalStorage() : null)
    void this.start()
  }

  get held(): number {
    return this.calls.length + this.outgoing.length + this.running.size
  }

  send(task: WorkItem): void {
    this.outgoing.push(task)
  }

  flush(): readonly Unsendable[] {
    const { outgoing } = this
    if (outgoing.length === 0) return NOTHING_UNSENDABLE
    this.outgoing = []
    const unsendable: Unsendable[] = []
    for (const task of outgoing) {
      try {
        this.calls.push({ task, args: copyArguments(task), startedAt: null, scope: null })
        task.sent = task.moves
        if (!task.sent || !stayedHere(task)) continue
        this.calls.pop()
        throw new MarkedError()
      } catch (error) {
        unsendable.push({ task, error: unsendableArgument(task, error) })
      }
    }
    queueMicrotask(this.drain)
    return unsendable
  }

  revoke(task: WorkItem): boolean {
    const index = this.calls.findIndex((call) => call.task === task)
    if (index !== -1) this.calls.splice(index, 1)
    return this.callOf(task) === null
  }

  revokeAll(forGood: boolean): readonly WorkItem[] {
    const back = this.calls.filter(({ task }) => forGood || !task.sent)
    for (const call of back) this.calls.splice(this.calls.indexOf(call), 1)
    return [...back.map((call) => call.task), ...this.outgoing.splice(0)]
  }

  startedAt(task: WorkItem): number | null {
    return this.callOf(task)?.startedAt ?? null
  }

  private callOf(task: WorkItem): Call | null {
    for (const call of this.running) if (call.task === task) return call
    return null
  }

  interrupt(): void {
    this.context.check()
  }

  keepAlive(): void {}

  close(): void {
    if (this.closed) return
    this.closed = true
    queueMicrotask(() => {
      this.owner.exited({ exitCode: 0, signal: null }, { unstarted: this.revokeAll(true), emptied: [], lost: [] })
    })
  }

  kill(): void {
    this.close()
  }

  private async start(): Promise<void> {
    const { initializer, preload } = this.settings
    try {
      // Never before the pool has this channel.
      await null
      for (const url of preload) await loadModule(url)
      if (initializer !== null) {
        const { definition, args } = initializer
        this.functions.define(definition)
        await ((
          await this.functions.get(definition.id)
        )(...structuredClone(args)) as unknown)
      }
      this.owner.ready()
    } catch (error) {
      this.owner.initializerFailed(error)
    }
  }

  private readonly drain = (): void => {
    while (this.running.size < this.settings.tasksPerWorker) {
      const call = this.calls.shift()
      if (call === undefined) break
      this.run(call)
    }
    this.owner.progressed()
  }

  private run(call: Call): void {
    this.running.add(call)
    call.startedAt = this.now()
    const { task, args } = call
    if (task.watched) call.scope = this.context.enter(() => task.interrupted)
    let value: unknown
    let then: unknown
    try {
      value = this.context.within(call.scope, () => {
        replacePlaceholders(args, this.counterparts)
        return inside(task, () => this.invoke(call))
      })
      then = (value as PromiseLike<unknown> | null | undefined)?.then
    } catch (error) {
      this.fail(call, error)
      return
    }
    if (typeof then !== 'function') this.succeed(call, value)
    else void this.settle(call, value as PromiseLike<unknown>)
  }

  private invoke({ task, args, scope }: Call): unknown {
    this.define(task)
    const fn = this.functions.get(task.fn.id)
    return typeof fn === 'function'
      ? (fn(...args) as unknown)
      : fn.then((loaded) => this.context.within(scope, () => loaded(...args) as unknown))
  }

  private define(task: WorkItem): void {
    const { definitions, forget } = this.knownFunctions.update([task], [])
    for (const id of forget) this.functions.forget(id)
    for (const each of definitions) this.functions.define(each)
  }

  private async settle(call: Call, promise: PromiseLike<unknown>): Promise<void> {
    try {
      this.succeed(call, await promise)
    } catch (error) {
      this.fail(call, error)
    }
    this.drain()
  }

  private succeed(call: Call, value: unknown): void {
    let copy: unknown
    try {
      copy = structuredClone(ownBytes([value], [])[0])
    } catch (error) {
      this.end(call, { status: 'failed', value: unsendableResult(call.task, (error as Error).message) })
      return
    }
    this.end(call, { status: 'succeeded', value: copy })
  }

  private fail(call: Call, thrown: unknown): void {
    this.end(call, decodeAnswer(call.task, 1, encodeError(thrown)))
  }

  private end(call: Call, outcome: Outcome): void {
    const ranMs = this.now() - call.startedAt!
    if (call.scope !== null) this.context.leave(call.scope)
    this.running.delete(call)
    this.owner.answered(call.task, outcome, call.startedAt!, ranMs)
  }
}

function copyArguments(task: WorkItem): unknown[] {
  const transfer: object[] = task.options.transfer === undefined ? [] : task.options.transfer.slice()
  // placeholders carry no copyable part of their own besides their mark.
  const args = packArguments(task, transfer)
  return structuredClone(ownBytes(args, transfer), { transfer: transfer as ArrayBuffer[] })
}

function ownBytes(values: readonly unknown[], moving: readonly object[]): unknown[] {
  return inspect(values, new Map(), moving).partial ? withOwnBytes(values, moving) : [...values]
}
