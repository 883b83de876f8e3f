/**
 * The pool's end of one worker thread: fills slots, rings, reads answers, and tells apart what a dead worker had.
 *
 * Long because both directions of the slot table, and what is left of them after a crash, are read together.
 */
import { MessageChannel, Worker, receiveMessageOnPort } from 'node:worker_threads'
import type { MessagePort, ResourceLimits, Transferable } from 'node:worker_threads'
import type { Channel, ChannelOwner, Leftovers, Unsendable } from '../channel.ts'
import { NOTHING_UNSENDABLE } from '../channel.ts'
import { decodeAnswer } from '../decode-answer.ts'
import { decodeError } from '../error-decoder.ts'
import { isBrief } from '../estimates.ts'
import type { Initializer } from '../pool-worker.ts'
import { hasStandIns, packArguments } from '../stand-ins.ts'
import type { Task } from '../task.ts'
import { unsendableArgument } from '../unsendable.ts'
import { createCells } from '../worker/cells.ts'
import type { Encoded } from '../worker/error-codec.ts'
import type { Definition } from '../worker/function-table.ts'
import { createSlotTable } from './slot-table.ts'
import { threadSource } from './thread-source.ts'
import type { FromThread, ThreadWorkerData, ToThread } from './thread-worker.ts'

/** How a thread is started. */
export interface ThreadSettings {
  readonly name: string
  readonly initializer: Initializer | null
  readonly resourceLimits: ResourceLimits | undefined
  /** Microseconds the worker looks for work before it sleeps; 0 is never. */
  readonly spin: number
}

export class ThreadChannel implements Channel {
  private readonly table = createSlotTable()
  private readonly values = createCells(this.table.cells)
  readonly capacity = this.table.SLOTS
  readonly revocable = true
  readonly leastAhead = 2
  private readonly tasks = new Array<Task | null>(this.capacity).fill(null)
  private readonly free: number[] = []
  /** Handed over since the last flush, in order. */
  private outgoing: Task[] = []
  /** Functions the worker was told. */
  private readonly told = new Set<number>()
  private readonly port: MessagePort
  private readonly worker: Worker
  private tail = 0
  private head = 0
  private cause: unknown
  private portClosed = false

  constructor(
    settings: ThreadSettings,
    private readonly owner: ChannelOwner,
  ) {
    for (let slot = this.capacity - 1; slot >= 0; slot--) this.free.push(slot)
    const { port1, port2 } = new MessageChannel()
    this.port = port1
    Atomics.store(this.table.control, this.table.SPIN, settings.spin)
    const workerData: ThreadWorkerData = { port: port2, memory: this.table.buffer, initializer: settings.initializer }
    this.worker = new Worker(threadSource(), {
      eval: true,
      name: settings.name,
      workerData,
      transferList: [port2],
      ...(settings.resourceLimits === undefined ? {} : { resourceLimits: settings.resourceLimits }),
    })
    port1.on('message', (message: FromThread | number) => {
      this.receive(message)
      this.owner.progressed()
    })
    // The port of a dying worker closes before its 'exit' is told. Without this nothing would keep the process
    // alive in between, and it would leave silently with tasks pending.
    port1.on('close', () => {
      this.portClosed = true
      this.worker.ref()
    })
    this.worker.on('error', (error) => (this.cause = error))
    this.worker.on('exit', (exitCode) => {
      this.ended(exitCode)
    })
    // Neither keeps the process alive until there is work; listening has taken hold of the port.
    port1.unref()
    this.worker.unref()
  }

  get held(): number {
    return this.capacity - this.free.length
  }

  send(task: Task): void {
    const slot = this.free.pop()!
    task.slot = slot
    this.tasks[slot] = task
    const { table } = this
    table.call[slot] = task.fn.id
    table.shape[slot] = this.writeArguments(slot, task.args) | this.flags(task)
    Atomics.store(table.abort, slot, task.interrupted ? 1 : 0)
    Atomics.store(table.claim, slot, table.QUEUED)
    this.outgoing.push(task)
  }

  flush(): readonly Unsendable[] {
    const { outgoing, table } = this
    if (outgoing.length === 0) return NOTHING_UNSENDABLE
    this.outgoing = []
    const unsendable = this.postMessages(outgoing)
    for (const task of outgoing) {
      if (task.slot === -1) continue
      table.dispatched[this.tail & table.MASK] = task.slot
      this.tail = (this.tail + 1) | 0
    }
    Atomics.store(table.control, table.DISPATCH_TAIL, this.tail)
    if (this.claimWakeUp()) this.port.postMessage(0)
    return unsendable
  }

  revoke(task: Task): boolean {
    const { table } = this
    const before = Atomics.compareExchange(table.claim, task.slot, table.QUEUED, table.REVOKED)
    return before === table.QUEUED || before === table.REVOKED
  }

  revokeAll(): readonly Task[] {
    const { table, tasks } = this
    const back: Task[] = []
    for (let slot = 0; slot < tasks.length; slot++) {
      const task = tasks[slot]
      if (task == null || task.settled) continue
      if (Atomics.compareExchange(table.claim, slot, table.QUEUED, table.REVOKED) !== table.QUEUED) continue
      back.push(task)
    }
    this.withdraw(new Set(back))
    return back.sort(bySubmission)
  }

  /** Forgets tasks that have not been flushed: they may come again, in other slots, before the next flush. */
  private withdraw(revoked: ReadonlySet<Task>): void {
    if (this.outgoing.length === 0 || revoked.size === 0) return
    const { outgoing } = this
    this.outgoing = outgoing.filter((task) => !revoked.has(task))
    for (const task of outgoing) if (revoked.has(task)) this.release(task.slot)
  }

  startedAt(task: Task): number | null {
    const { table } = this
    return Atomics.load(table.claim, task.slot) === table.RUNNING ? table.startedAt[task.slot]! : null
  }

  interrupt(task: Task): void {
    Atomics.store(this.table.abort, task.slot, 1)
    this.port.postMessage({ interrupt: true } satisfies ToThread)
  }

  keepAlive(on: boolean): void {
    if (on) this.port.ref()
    else this.port.unref()
  }

  close(): void {
    this.worker.ref()
    this.port.postMessage({ close: true } satisfies ToThread)
  }

  kill(): void {
    this.worker.ref()
    void this.worker.terminate()
  }

  // ---------------------------------------------------------------- sending

  /** The arguments' part of a slot's shape; those that fit are written into the slot's cells. */
  private writeArguments(slot: number, args: readonly unknown[]): number {
    const { table, values } = this
    const form = args.length > table.CELLS ? -1 : values.writeAll(slot * table.CELLS, args)
    return form === -1 ? table.BY_MESSAGE : form
  }

  private flags(task: Task): number {
    const { table } = this
    let flags = isBrief(task.fn) ? 0 : table.MAY_TAKE_LONG
    if (task.watched) flags |= table.WATCHED | table.MAY_TAKE_LONG
    if (task.options.transferResult === true) flags |= table.TRANSFER_RESULT
    if (hasStandIns(task.args)) flags |= table.STAND_INS | table.BY_MESSAGE
    return flags
  }

  /** Posts in one message what the slots cannot carry. */
  private postMessages(outgoing: readonly Task[]): readonly Unsendable[] {
    const { table, told } = this
    const calls: unknown[] = []
    const transfer: object[] = []
    const definitions: Definition[] = []
    for (const task of outgoing) {
      if (!told.has(task.fn.id)) {
        told.add(task.fn.id)
        definitions.push(task.fn.definition!)
      }
      if ((table.shape[task.slot]! & table.BY_MESSAGE) !== 0) addCall(calls, transfer, task)
    }
    if (calls.length === 0 && definitions.length === 0) return NOTHING_UNSENDABLE
    // Claimed first, so that the bell is not rung once more after this message.
    this.claimWakeUp()
    const withDefinitions = definitions.length === 0 ? {} : { definitions }
    try {
      this.port.postMessage({ ...withDefinitions, calls } satisfies ToThread, transfer as Transferable[])
      return NOTHING_UNSENDABLE
    } catch {
      if (definitions.length !== 0) this.port.postMessage(withDefinitions satisfies ToThread)
      return this.postOneByOne(outgoing)
    }
  }

  /** Something in the batch cannot be cloned: finds out what, and sends the rest. */
  private postOneByOne(outgoing: readonly Task[]): readonly Unsendable[] {
    const { table } = this
    const unsendable: Unsendable[] = []
    for (const task of outgoing) {
      if ((table.shape[task.slot]! & table.BY_MESSAGE) === 0) continue
      const calls: unknown[] = []
      const transfer: object[] = []
      addCall(calls, transfer, task)
      try {
        this.port.postMessage({ calls } satisfies ToThread, transfer as Transferable[])
      } catch (error) {
        this.release(task.slot)
        task.slot = -1
        unsendable.push({ task, error: unsendableArgument(task, error) })
      }
    }
    this.port.postMessage(0)
    return unsendable
  }

  /** True when the worker sleeps and it is now on this side to wake it. */
  private claimWakeUp(): boolean {
    const { control, WORKER_STATE, ASLEEP, AWAKE } = this.table
    return Atomics.compareExchange(control, WORKER_STATE, ASLEEP, AWAKE) === ASLEEP
  }

  // ---------------------------------------------------------------- receiving

  private receive(message: FromThread | number): void {
    if (typeof message !== 'number') {
      if (message.answers !== undefined) this.receiveAnswers(message.answers)
      if (message.ready === true) this.owner.ready()
      if (message.initializerFailed !== undefined) this.owner.initializerFailed(decodeError(message.initializerFailed as Encoded))
    }
    this.collect()
  }

  /** Reads the answers that are in shared memory. The bell counts as rung until there are none, so that few are rung. */
  private collect(): void {
    const { control, ANSWER_TAIL, POOL_BELL, answered, MASK } = this.table
    for (;;) {
      const tail = Atomics.load(control, ANSWER_TAIL)
      for (; this.head !== tail; this.head = (this.head + 1) | 0) this.receiveSlot(answered[this.head & MASK]!)
      Atomics.store(control, POOL_BELL, 0)
      // The worker publishes, then looks at the bell; this side silences the bell, then looks at the ring. One of them sees.
      if (this.head === Atomics.load(control, ANSWER_TAIL)) return
      Atomics.store(control, POOL_BELL, 1)
    }
  }

  private receiveAnswers(answers: readonly unknown[]): void {
    const { table } = this
    for (let i = 0; i < answers.length; i += 3) {
      const slot = answers[i] as number
      const task = this.release(slot)
      const startedAt = table.startedAt[slot]!
      const ranMs = table.ranMs[slot]!
      if (answers[i + 1] === 0) this.owner.succeeded(task, answers[i + 2], startedAt, ranMs)
      else this.owner.failed(task, decodeAnswer(task, answers[i + 2]), startedAt, ranMs)
    }
  }

  private receiveSlot(slot: number): void {
    const { table } = this
    const kind = table.outcome[slot]!
    const answer = this.values.read(slot * table.CELLS, kind)
    const task = this.release(slot)
    if (kind !== table.SKIPPED) this.owner.succeeded(task, answer, table.startedAt[slot]!, table.ranMs[slot]!)
  }

  private release(slot: number): Task {
    const task = this.tasks[slot]!
    this.tasks[slot] = null
    this.free.push(slot)
    return task
  }

  private ended(exitCode: number): void {
    // A port that has closed has told everything before; reading it then can crash Node 20.
    for (let next = this.nextMessage(); next !== undefined; next = this.nextMessage()) this.receive(next.message)
    this.collect()
    this.port.close()
    const exit = { exitCode, signal: null, ...(this.cause === undefined ? {} : { cause: this.cause }) }
    this.owner.exited(exit, this.leftovers())
  }

  private nextMessage(): { message: FromThread | number } | undefined {
    return this.portClosed ? undefined : (receiveMessageOnPort(this.port) as { message: FromThread | number } | undefined)
  }

  private leftovers(): Leftovers {
    const { table } = this
    const unstarted: Task[] = []
    const lost: Task[] = []
    for (let slot = 0; slot < this.tasks.length; slot++) {
      const task = this.tasks[slot]
      if (task == null) continue
      const claim = Atomics.load(table.claim, slot)
      if (claim === table.REVOKED) continue
      ;(claim === table.QUEUED ? unstarted : lost).push(task)
    }
    return { unstarted: unstarted.sort(bySubmission), lost: lost.sort(bySubmission) }
  }
}

function addCall(calls: unknown[], transfer: object[], task: Task): void {
  const args = packArguments(task.args, transfer)
  calls.push(task.slot, args.length)
  for (const arg of args) calls.push(arg)
  if (task.options.transfer !== undefined) transfer.push(...task.options.transfer)
}

function bySubmission(a: Task, b: Task): number {
  return a.sequence - b.sequence
}
