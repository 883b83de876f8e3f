/**
 * The pool's end of one worker thread: fills slots, rings, reads answers, and tells apart what a dead worker had.
 *
 * Long because both directions of the slot table, and what is left of them after a crash, are read together.
 */
import { MessageChannel, Worker, receiveMessageOnPort } from 'node:worker_threads'
import type { MessagePort, ResourceLimits, Transferable } from 'node:worker_threads'
import type { Channel, ChannelOwner, Leftovers, Unsendable } from '../pool/channel.ts'
import { CLOSE_MS, NOTHING_UNSENDABLE } from '../pool/channel.ts'
import { decodeAnswer } from '../transfer/decode-answer.ts'
import { decodeError } from '../transfer/error-decoder.ts'
import { isBrief } from '../pool/estimates.ts'
import type { WorkerStart } from '../pool/pool-worker.ts'
import { hasPlaceholders, packArguments } from '../transfer/pack-arguments.ts'
import type { Outcome, WorkItem } from '../pool/work-item.ts'
import { KnownFunctions } from '../functions/known-functions.ts'
import { MarkedError, stayedHere } from '../transfer/transfer.ts'
import { unreadableResult, unsendableArgument } from '../transfer/unsendable.ts'
import { createPrimitiveCodec } from '../transfer/primitives.ts'
import type { Encoded } from '../transfer/error-encoder.ts'
import { copyOf, inspect, withOwnBytes } from '../transfer/inspector.ts'
import { PoolSide } from './slot-protocol.ts'
import { createSlotTable } from './slot-table.ts'
import { threadProgram } from '../worker/programs.ts'
import { THREAD_ANSWER, type FromThread, type ThreadWorkerData, type ToThread } from '../worker/messages.ts'

/** How a thread is started. */
export interface ThreadSettings extends WorkerStart {
  readonly name: string
  readonly resourceLimits: ResourceLimits | undefined
  /** Microseconds the worker looks for work before it sleeps; 0 is never. */
  readonly spin: number
}

/** A task's arguments as they are posted. */
interface Parcel {
  readonly task: WorkItem
  readonly args: readonly unknown[]
  readonly transfer: readonly object[]
}

export class ThreadChannel implements Channel {
  private readonly table = createSlotTable()
  private readonly slots = new PoolSide(this.table)
  private readonly values = createPrimitiveCodec(this.table.primitives)
  readonly capacity = this.table.SLOTS
  readonly revocable = true
  readonly leastAhead = 2
  private readonly tasks = new Array<WorkItem | null>(this.capacity).fill(null)
  private readonly free: number[] = []
  /** Handed over since the last flush, in order. */
  private outgoing: WorkItem[] = []
  private readonly knownFunctions = new KnownFunctions()
  private readonly port: MessagePort
  private readonly worker: Worker
  /** Bytes of output that the worker has written and this side has not; the worker waits while there are many. */
  private readonly unwritten = new Int32Array(new SharedArrayBuffer(4))
  /** Messages with answers so far, as the worker counts them. */
  private answerMessages = 0
  private cause: unknown
  private portClosed = false
  private closing: ReturnType<typeof setTimeout> | null = null

  constructor(
    settings: ThreadSettings,
    private readonly owner: ChannelOwner,
  ) {
    const { name, resourceLimits, spin, ...start } = settings
    for (let slot = this.capacity - 1; slot >= 0; slot--) this.free.push(slot)
    const { port1, port2 } = new MessageChannel()
    this.port = port1
    Atomics.store(this.table.control, this.table.SPIN, spin)
    const workerData: ThreadWorkerData = {
      ...start,
      name,
      port: port2,
      memory: this.table.buffer,
      unwritten: this.unwritten,
    }
    this.worker = new Worker(threadProgram, {
      eval: true,
      name,
      workerData,
      transferList: [port2],
      ...(resourceLimits === undefined ? {} : { resourceLimits }),
    })
    this.listen()
    // Neither keeps the process alive until there is work; listening has taken hold of the port.
    port1.unref()
    this.worker.unref()
  }

  get held(): number {
    return this.capacity - this.free.length
  }

  get unresponsive(): boolean {
    const { claim, RUNNING, DONE } = this.table
    let given = false
    for (const [slot, task] of this.tasks.entries()) {
      if (task === null) continue
      given = true
      const state = Atomics.load(claim, slot)
      if (state === RUNNING || state === DONE) return false
    }
    return given
  }

  send(task: WorkItem): void {
    const slot = this.free.pop()!
    task.slot = slot
    this.tasks[slot] = task
    const { table } = this
    table.call[slot] = task.fn.id
    table.shape[slot] = this.writeArguments(slot, task.args) | this.flags(task)
    this.slots.place(slot, task.interrupted)
    this.outgoing.push(task)
  }

  flush(): readonly Unsendable[] {
    const { outgoing } = this
    if (outgoing.length === 0) return NOTHING_UNSENDABLE
    this.outgoing = []
    // A worker that cannot be reached has started none of them; they come back when it has ended.
    if (!this.sendDefinitions(outgoing)) return NOTHING_UNSENDABLE
    const unsendable = this.postMessages(outgoing)
    for (const task of outgoing) if (task.slot !== -1) this.slots.enqueue(task.slot)
    if (this.slots.publish()) this.sendOrKill(0)
    return unsendable
  }

  revoke(task: WorkItem): boolean {
    return this.slots.revoke(task.slot)
  }

  revokeAll(forGood: boolean): readonly WorkItem[] {
    const { table, tasks } = this
    const back: WorkItem[] = []
    for (let slot = 0; slot < tasks.length; slot++) {
      const task = tasks[slot]
      if (task == null || task.settled || (task.sent && !forGood)) continue
      if (Atomics.load(table.claim, slot) === table.QUEUED && this.slots.revoke(slot)) back.push(task)
    }
    this.withdraw(new Set(back))
    return back.sort(bySubmission)
  }

  /** Forgets tasks that have not been flushed: they may come again, in other slots, before the next flush. */
  private withdraw(revoked: ReadonlySet<WorkItem>): void {
    if (this.outgoing.length === 0 || revoked.size === 0) return
    const { outgoing } = this
    this.outgoing = outgoing.filter((task) => !revoked.has(task))
    for (const task of outgoing) if (revoked.has(task)) this.release(task.slot)
  }

  startedAt(task: WorkItem): number | null {
    const { table } = this
    return Atomics.load(table.claim, task.slot) === table.RUNNING ? table.startedAt[task.slot]! : null
  }

  interrupt(task: WorkItem): void {
    Atomics.store(this.table.abort, task.slot, 1)
    this.sendOrKill({ interrupt: true })
  }

  keepAlive(on: boolean): void {
    if (on) this.port.ref()
    else this.port.unref()
  }

  close(): void {
    this.worker.ref()
    this.sendOrKill({ close: true })
    this.closing = setTimeout(() => {
      this.kill()
    }, CLOSE_MS)
  }

  kill(): void {
    this.worker.ref()
    void this.worker.terminate()
  }

  // ---------------------------------------------------------------- sending

  /** The arguments' part of a slot's shape; those that fit are written into the slot. */
  private writeArguments(slot: number, args: readonly unknown[]): number {
    const { table, values } = this
    const form = args.length > table.PRIMITIVES ? -1 : values.writeAll(slot * table.PRIMITIVES, args)
    return form === -1 ? table.BY_MESSAGE : form
  }

  private flags(task: WorkItem): number {
    const { table } = this
    let flags = isBrief(task.fn) ? 0 : table.MAY_TAKE_LONG
    if (task.watched) flags |= table.WATCHED | table.MAY_TAKE_LONG
    if (task.options.transferResult === true) flags |= table.TRANSFER_RESULT
    if (hasPlaceholders(task.args)) flags |= table.PLACEHOLDERS | table.BY_MESSAGE
    return flags
  }

  /**
   * Posts what the slots cannot carry. Tasks that share an object travel with a copy of it, or in a further message.
   */
  private postMessages(outgoing: readonly WorkItem[]): readonly Unsendable[] {
    const { table } = this
    const unsendable: Unsendable[] = []
    let parcels: Parcel[] = []
    let seen: Map<object, object> | null = null
    for (const task of outgoing) {
      if ((table.shape[task.slot]! & table.BY_MESSAGE) === 0) continue
      const transfer: object[] = task.options.transfer === undefined ? [] : task.options.transfer.slice()
      let args = packArguments(task, transfer)
      let findings = inspect(args, (seen ??= new Map()), transfer)
      if (findings.overlaps) {
        const copy = transfer.length === 0 ? copyOf(args) : null
        if (copy !== null) {
          parcels.push({ task, args: copy, transfer })
          continue
        }
        this.post(parcels, unsendable)
        parcels = []
        findings = inspect(args, (seen = new Map()), transfer)
      }
      if (findings.partial) args = withOwnBytes(args, transfer)
      parcels.push({ task, args, transfer })
    }
    this.post(parcels, unsendable)
    return unsendable
  }

  /** Functions that the worker does not know go first, and alone: nothing can be wrong with that message. */
  private sendDefinitions(outgoing: readonly WorkItem[]): boolean {
    const { definitions, forget } = this.knownFunctions.update(outgoing, this.tasks)
    return definitions.length === 0 || this.sendOrKill({ definitions, forget })
  }

  /** Sends what nothing can be wrong with. A worker that it cannot be sent to is of no use; false when it is so. */
  private sendOrKill(message: ToThread | 0): boolean {
    try {
      if (message === 0) this.port.postMessage(message)
      else this.postMessage(message)
      return true
    } catch (error) {
      this.cause ??= error
      this.kill()
      return false
    }
  }

  private post(parcels: readonly Parcel[], unsendable: Unsendable[]): void {
    if (parcels.length === 0) return
    try {
      const { calls, transfer } = contentsOf(parcels)
      this.postMessage({ calls }, transfer)
    } catch (error) {
      if (parcels.length > 1) for (const parcel of parcels) this.post([parcel], unsendable)
      else this.refuse(parcels[0]!, error, unsendable)
      return
    }
    for (const parcel of parcels) this.noteSent(parcel, unsendable)
  }

  private noteSent(parcel: Parcel, unsendable: Unsendable[]): void {
    const { task } = parcel
    task.sent = task.moves
    if (!task.sent || !stayedHere(task)) return
    this.sendOrKill({ drop: task.slot })
    this.refuse(parcel, new MarkedError(), unsendable)
  }

  private refuse({ task }: Parcel, error: unknown, unsendable: Unsendable[]): void {
    this.release(task.slot)
    task.slot = -1
    unsendable.push({ task, error: unsendableArgument(task, error) })
  }

  private postMessage(message: ToThread, transfer: readonly object[] = []): void {
    // Claimed first: a worker that sleeps again before the tasks are published must be woken once more.
    const wakes = this.slots.claimWakeUp()
    try {
      this.port.postMessage(message, transfer as Transferable[])
    } catch (error) {
      if (wakes) this.sendOrKill(0)
      throw error
    }
  }

  // ---------------------------------------------------------------- receiving

  private listen(): void {
    const { port, worker } = this
    port.on('message', (message: FromThread | number) => {
      this.receive(message)
      this.owner.progressed()
    })
    port.on('messageerror', (error) => {
      this.answersUnreadable(error)
      this.owner.progressed()
    })
    // The port of a dying worker closes before its 'exit' arrives. Without this nothing would keep the process
    // alive in between, and it would leave silently with tasks pending.
    port.on('close', () => {
      this.portClosed = true
      worker.ref()
    })
    worker.on('error', (error) => {
      this.cause ??= error
    })
    worker.on('exit', (exitCode) => {
      this.ended(exitCode)
    })
  }

  private receive(message: FromThread | number): void {
    if (typeof message !== 'number') {
      if (message.output !== undefined) this.receiveOutput(...message.output)
      if (message.answers !== undefined) this.receiveAnswers(message.answers)
      if (message.ready === true) this.owner.ready()
      if (message.retire === true) this.owner.retire()
      if (message.initializerFailed !== undefined)
        this.owner.initializerFailed(decodeError(message.initializerFailed as Encoded))
    }
    this.slots.collect(this.receiveSlot)
  }

  private receiveOutput(stream: 1 | 2, chunk: string | Uint8Array, counted: number): void {
    this.owner.output(stream, chunk, () => {
      Atomics.sub(this.unwritten, 0, counted)
      Atomics.notify(this.unwritten, 0)
    })
  }

  private receiveAnswers(answers: readonly unknown[]): void {
    this.answerMessages++
    for (let i = 0; i < answers.length; i += THREAD_ANSWER) {
      const slot = answers[i] as number
      this.answered(slot, (task) => decodeAnswer(task, answers[i + 1], answers[i + 2]))
    }
  }

  /** A message with answers came that this thread cannot read; the slots say which answers were in it. */
  private answersUnreadable(error: unknown): void {
    const { table } = this
    const number = ++this.answerMessages
    for (let slot = 0; slot < this.tasks.length; slot++) {
      const lost =
        this.tasks[slot] !== null && Atomics.load(table.claim, slot) === table.DONE && table.outcome[slot] === -number
      if (lost) this.answered(slot, (task) => ({ status: 'failed', value: unreadableResult(task, error) }))
    }
  }

  private answered(slot: number, outcome: (task: WorkItem) => Outcome): void {
    const { table } = this
    const task = this.release(slot)
    this.owner.answered(task, outcome(task), table.startedAt[slot]!, table.ranMs[slot]!)
  }

  private readonly receiveSlot = (slot: number): void => {
    const { table } = this
    const kind = table.outcome[slot]!
    const task = this.release(slot)
    if (kind === table.SKIPPED) return
    const value = this.values.read(slot * table.PRIMITIVES, kind)
    this.owner.answered(task, { status: 'succeeded', value }, table.startedAt[slot]!, table.ranMs[slot]!)
  }

  private release(slot: number): WorkItem {
    const task = this.tasks[slot]!
    this.tasks[slot] = null
    this.free.push(slot)
    return task
  }

  private ended(exitCode: number): void {
    if (this.closing !== null) clearTimeout(this.closing)
    this.drainPort()
    this.slots.collect(this.receiveSlot)
    this.port.close()
    const exit = { exitCode, signal: null, ...(this.cause === undefined ? {} : { cause: this.cause }) }
    this.owner.exited(exit, this.leftovers())
  }

  private drainPort(): void {
    // A port that has closed has delivered everything before; reading it then can crash Node 20.
    while (!this.portClosed) {
      try {
        const next = receiveMessageOnPort(this.port) as { message: FromThread | number } | undefined
        if (next === undefined) return
        this.receive(next.message)
      } catch (error) {
        this.answersUnreadable(error)
      }
    }
  }

  private leftovers(): Leftovers {
    const unstarted: WorkItem[] = []
    const emptied: WorkItem[] = []
    const lost: WorkItem[] = []
    for (let slot = 0; slot < this.tasks.length; slot++) {
      const task = this.tasks[slot]
      if (task == null) continue
      const fate = this.slots.fate(slot)
      if (fate === 'revoked') continue
      if (fate === 'started') lost.push(task)
      else (task.sent ? emptied : unstarted).push(task)
    }
    for (const tasks of [unstarted, emptied, lost]) tasks.sort(bySubmission)
    return { unstarted, emptied, lost }
  }
}

function contentsOf(parcels: readonly Parcel[]): { readonly calls: unknown[]; readonly transfer: readonly object[] } {
  const calls: unknown[] = []
  const transfer: object[] = []
  for (const { task, args, transfer: own } of parcels) {
    calls.push(task.slot, args.length)
    for (const arg of args) calls.push(arg)
    for (const object of own) transfer.push(object)
  }
  return { calls, transfer }
}

function bySubmission(a: WorkItem, b: WorkItem): number {
  return a.sequence - b.sequence
}
