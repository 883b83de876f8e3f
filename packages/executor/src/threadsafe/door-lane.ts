/** The loop's end of one thread's way through a door. */
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads'
import { ReadyQueue } from '@loop/core/lowlevel'
import type { WorkItem } from '../pool/work-item.ts'
import { createPrimitiveCodec } from '../transfer/primitives.ts'
import type { DoorMessage, DoorReply } from './door-client.ts'
import { createDoorMemory } from './door-memory.ts'

/** Who runs the calls; the door. */
export interface LaneOwner {
  call(
    target: number | string,
    args: readonly unknown[],
    reply: ((answer: Omit<DoorReply, 'reply'>) => void) | null,
    task: WorkItem | null,
  ): void
  laneClosed(lane: DoorLane): void
}

export class DoorLane {
  /** Calls taken. */
  calls = 0
  private head = 0
  private portClosed = false
  private looking = false
  /** Messages that the event loop delivered and whose turn has not come. */
  private readonly messages = new ReadyQueue<DoorMessage>()
  /** A message whose record is still to be published; it stands before all others. */
  private early: DoorMessage | null = null
  private readonly values: ReturnType<typeof createPrimitiveCodec>

  constructor(
    private readonly owner: LaneOwner,
    private readonly memory: ReturnType<typeof createDoorMemory>,
    private readonly port: MessagePort,
    /** The task that was given this end of the door. */
    private readonly task: WorkItem | null,
  ) {
    this.values = createPrimitiveCodec(memory.primitives)
    port.on('message', (message: DoorMessage | number) => {
      if (typeof message !== 'number') this.messages.push(message)
      this.drain()
    })
    port.on('close', () => {
      // Every message that was sent is here by now; reading a port while it closes crashes Node 20.
      this.portClosed = true
      this.drain()
      owner.laneClosed(this)
    })
    // The loop keeps the process alive while it runs, not its doors.
    port.unref()
  }

  /** Calls that did not fit the ring. */
  get overflowed(): number {
    return Atomics.load(this.memory.control, this.memory.OVERFLOWED)
  }

  /** Tells the thread that no more calls are taken. */
  close(): void {
    Atomics.store(this.memory.control, this.memory.CLOSED, 1)
    this.port.close()
  }

  /**
   * Takes the calls that are there, at most a ring of them, so that a busy thread does not keep the loop from running
   * what it was called for. After it has found some it looks again once the host has looked at its I/O, and only a look
   * in vain silences the bell: a thread that calls all the time need not ring, which costs ten times a call.
   */
  private readonly drain = (): void => {
    const { control, BELL, TAIL, HEAD, MASK, RECORDS } = this.memory
    const before = this.calls
    const tail = Atomics.load(control, TAIL)
    for (let left = RECORDS; this.head !== tail && left > 0; left--) {
      if (!this.take(this.head & MASK)) return
      this.head = (this.head + 1) | 0
    }
    Atomics.store(control, HEAD, this.head)
    // Behind the ring stands what overflowed; the thread uses the ring again only when none of that is left.
    if (this.head === tail) while (this.takeOverflow());
    if (this.calls !== before) {
      this.lookAgain()
      return
    }
    Atomics.store(control, BELL, 0)
    // The thread publishes, then looks at the bell; this side silences the bell, then looks at the ring. One of them
    // sees.
    if (this.head === Atomics.load(control, TAIL)) return
    Atomics.store(control, BELL, 1)
    this.lookAgain()
  }

  private lookAgain(): void {
    if (this.looking) return
    this.looking = true
    setImmediate(() => {
      this.looking = false
      this.drain()
    })
  }

  /** Takes a record; false when its message is not here, which only a closed port explains. */
  private take(at: number): boolean {
    const { shape, callback, BY_MESSAGE, PRIMITIVES } = this.memory
    const form = shape[at]!
    if ((form & BY_MESSAGE) === 0) {
      this.calls++
      this.owner.call(callback[at]!, this.values.readAll(at * PRIMITIVES, form), null, this.task)
      return true
    }
    const message = this.nextMessage()
    if (message === null) return false
    this.run(message)
    return true
  }

  /** Takes one call that overflowed; false when none is next. Everything in the ring comes before it. */
  private takeOverflow(): boolean {
    const message = this.nextMessage()
    if (message === null) return false
    if (!message.overflow) {
      this.early = message
      return false
    }
    this.run(message)
    Atomics.sub(this.memory.control, this.memory.OVERFLOWING, 1)
    return true
  }

  private run(message: DoorMessage): void {
    this.calls++
    const { reply } = message
    const answer =
      reply === undefined
        ? null
        : (result: Omit<DoorReply, 'reply'>) => {
            this.answer({ reply, ...result })
          }
    this.owner.call(message.target, message.args, answer, this.task)
  }

  private answer(reply: DoorReply): void {
    if (this.portClosed) return
    try {
      this.port.postMessage(reply)
    } catch (error) {
      // The value cannot be copied.
      this.port.postMessage({ reply: reply.reply, failed: true, value: error } satisfies DoorReply)
    }
  }

  /** The next message in the order in which they were sent, delivered already or waiting at the port. */
  private nextMessage(): DoorMessage | null {
    const delivered = this.early ?? this.messages.shift()
    this.early = null
    if (delivered !== undefined) return delivered
    while (!this.portClosed) {
      const next = receiveMessageOnPort(this.port) as { message: DoorMessage | number } | undefined
      if (next === undefined) return null
      if (typeof next.message !== 'number') return next.message
    }
    return null
  }
}
