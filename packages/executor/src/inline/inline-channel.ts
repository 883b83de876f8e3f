/**
 * A worker that is no worker: runs tasks in this thread, one after the other, with everything else as in a pool.
 *
 * Functions are made again from their source and arguments, results and errors are copied, so that what works here works
 * on threads and in processes.
 */
import { createRequire } from 'node:module'
import { NOTHING_UNSENDABLE, type Channel, type ChannelOwner, type Unsendable } from '../channel.ts'
import { createCells } from '../worker/cells.ts'
import { createDoorClient, type DoorHandle } from '../door/door-client.ts'
import { createDoorMemory } from '../door/door-memory.ts'
import { decodeAnswer } from '../decode-answer.ts'
import type { InitializerSpec } from '../initializer.ts'
import { packArguments } from '../stand-ins.ts'
import type { Task } from '../task.ts'
import { unsendableArgument, unsendableResult } from '../unsendable.ts'
import { createErrorEncoder } from '../worker/error-codec.ts'
import { createFunctionTable } from '../worker/function-table.ts'
import { createStandInReplacer } from '../worker/stand-ins.ts'
import { createTaskContext } from '../worker/task-context.ts'

interface Call {
  readonly task: Task
  readonly args: unknown[]
  startedAt: number | null
}

export class InlineChannel implements Channel {
  /** No deeper than a thread's, so that statistics look alike. */
  readonly capacity = 1024
  readonly revocable = true
  readonly leastAhead = 2
  private readonly calls: Call[] = []
  private readonly functions = createFunctionTable(createRequire(import.meta.url), (url) => import(url) as Promise<Record<string, unknown>>)
  private readonly encode = createErrorEncoder()
  private readonly context = createTaskContext()
  private readonly replaceStandIns = createStandInReplacer({
    signal: () => this.context.signal(),
    door: (handle: DoorHandle) => createDoorClient(handle, createDoorMemory, createCells),
  })
  private running: Call | null = null
  private outgoing: Task[] = []
  private closed = false

  constructor(
    private readonly owner: ChannelOwner,
    private readonly now: () => number,
    initializer: InitializerSpec | null,
  ) {
    void this.start(initializer)
  }

  get held(): number {
    return this.calls.length + this.outgoing.length + (this.running === null ? 0 : 1)
  }

  send(task: Task): void {
    this.outgoing.push(task)
  }

  flush(): readonly Unsendable[] {
    const { outgoing } = this
    if (outgoing.length === 0) return NOTHING_UNSENDABLE
    this.outgoing = []
    const unsendable: Unsendable[] = []
    for (const task of outgoing) {
      try {
        this.calls.push({ task, args: copyArguments(task), startedAt: null })
      } catch (error) {
        unsendable.push({ task, error: unsendableArgument(task, error) })
      }
    }
    if (this.running === null) queueMicrotask(this.drain)
    return unsendable
  }

  revoke(task: Task): boolean {
    const index = this.calls.findIndex((call) => call.task === task)
    if (index !== -1) this.calls.splice(index, 1)
    return this.running?.task !== task
  }

  revokeAll(): readonly Task[] {
    return this.calls.splice(0).map((call) => call.task)
  }

  startedAt(task: Task): number | null {
    return this.running?.task === task ? this.running.startedAt : null
  }

  interrupt(): void {
    this.context.check()
  }

  keepAlive(): void {}

  close(): void {
    if (this.closed) return
    this.closed = true
    queueMicrotask(() => {
      this.owner.exited({ exitCode: 0, signal: null }, { unstarted: this.revokeAll(), lost: [] })
    })
  }

  kill(): void {
    this.close()
  }

  private async start(initializer: InitializerSpec | null): Promise<void> {
    try {
      // Never before the pool has this channel.
      await null
      if (initializer !== null) {
        const { definition, args } = initializer.forWorker()
        this.functions.define(definition)
        await ((await this.functions.get(definition.id))(...structuredClone(args)) as unknown)
      }
      this.owner.ready()
    } catch (error) {
      this.owner.initializerFailed(error)
    }
  }

  private readonly drain = (): void => {
    while (this.running === null) {
      const call = this.calls.shift()
      if (call === undefined) break
      this.run(call)
    }
    this.owner.progressed()
  }

  private run(call: Call): void {
    this.running = call
    call.startedAt = this.now()
    const { task, args } = call
    if (task.watched) this.context.enter(() => task.interrupted)
    let value: unknown
    try {
      this.replaceStandIns(args)
      value = this.invoke(task, args)
    } catch (error) {
      this.fail(call, error)
      return
    }
    if (typeof (value as PromiseLike<unknown> | null | undefined)?.then !== 'function') this.succeed(call, value)
    else void this.settle(call, value as PromiseLike<unknown>)
  }

  private invoke(task: Task, args: readonly unknown[]): unknown {
    const { id, definition } = task.fn
    if (!this.functions.has(id)) this.functions.define(definition!)
    const fn = this.functions.get(id)
    return typeof fn === 'function' ? (fn(...args) as unknown) : fn.then((loaded) => loaded(...args) as unknown)
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
      copy = structuredClone(value)
    } catch (error) {
      this.end(call, (ranMs) => {
        this.owner.failed(call.task, unsendableResult(call.task, (error as Error).message), call.startedAt!, ranMs)
      })
      return
    }
    this.end(call, (ranMs) => {
      this.owner.succeeded(call.task, copy, call.startedAt!, ranMs)
    })
  }

  private fail(call: Call, thrown: unknown): void {
    this.end(call, (ranMs) => {
      this.owner.failed(call.task, decodeAnswer(call.task, this.encode(thrown)), call.startedAt!, ranMs)
    })
  }

  private end(call: Call, answer: (ranMs: number) => void): void {
    const ranMs = this.now() - call.startedAt!
    if (call.task.watched) this.context.leave()
    this.running = null
    answer(ranMs)
  }
}

function copyArguments(task: Task): unknown[] {
  const transfer: object[] = []
  const args = packArguments(task.args, transfer)
  // Stand-ins carry no copyable part of their own besides their mark.
  return structuredClone([...args], { transfer: [...transfer, ...(task.options.transfer ?? [])] as ArrayBuffer[] })
}
