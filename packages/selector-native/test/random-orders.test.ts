/**
 * Random orders of everything that can be called, over real sockets and pipes, checked against a model that knows what
 * may be reported: nothing after close, every end reported once, bytes in order, no descriptor left.
 */
import { describe, expect, test } from 'vitest'
import type { Connection, ConnectionHandler, Listener } from '@loop/core/lowlevel'
import { sleep } from '@loop/core'
import { READABLE, WRITABLE } from '@loop/core/lowlevel'
import { close, pipe } from '../src/descriptors.ts'
import { counting, openDescriptors, randomNumbers } from './random.ts'
import type { StreamTest } from './support.ts'
import { backends, onLoop, portOf, readAvailable, writeAvailable } from './support.ts'

/** Programs for each backend, and steps of each: some 20,000 calls in a few seconds. LOOP_FUZZ_SEEDS runs more. */
const SEEDS = Number(process.env.LOOP_FUZZ_SEEDS ?? 10)
const STEPS = 1000

/** Checks what one connection reports. */
class Model implements ConnectionHandler {
  connection!: Connection
  state: 'open' | 'eof' | 'closed' = 'open'
  mayWrite = true
  /** `drained` has said that it may write on. */
  goesOn = false
  private expected = 0
  /** Bytes that belong to the handler, and where the count stood: they must stay what they are. */
  private readonly kept: { readonly bytes: Uint8Array; readonly from: number }[] = []

  constructor(
    private readonly open: Set<Model>,
    private readonly faults: string[],
    private readonly seen: Record<string, number>,
    private readonly random: (below: number) => number,
  ) {
    open.add(this)
  }

  data(bytes: Uint8Array): void {
    if (this.state !== 'open') this.faults.push(`data after ${this.state}`)
    if (this.connection.paused) this.faults.push('data while paused')
    this.count('data')
    if (!this.connection.borrow && this.random(4) === 0) this.kept.push({ bytes, from: this.expected })
    this.check(bytes, this.expected)
    this.expected += bytes.length
  }
  readable(): void {
    if (this.state !== 'open') this.faults.push(`readable after ${this.state}`)
    const into = Buffer.alloc([1, 100, 5000, 70_000][this.random(4)]!)
    const count = this.connection.receive(into)
    if (count > 0) this.count('received')
    this.check(into.subarray(0, count), this.expected)
    this.expected += count
  }
  eof(): void {
    if (this.state !== 'open') this.faults.push(`eof after ${this.state}`)
    if (this.connection.paused) this.faults.push('eof while paused')
    this.count('eof')
    this.state = 'eof'
  }
  drained(): void {
    this.goesOn = true
    this.count('drained')
  }
  closed(): void {
    if (this.state === 'closed') this.faults.push('closed twice')
    this.count('closed')
    for (const { bytes, from } of this.kept) this.check(bytes, from)
    this.state = 'closed'
    this.open.delete(this)
  }

  /** Every sender counts from 0, so order and completeness show in each byte. */
  private check(bytes: Uint8Array, from: number): void {
    if (Buffer.compare(bytes, counting(from, bytes.length)) !== 0) this.faults.push('bytes are wrong')
  }

  private count(what: string): void {
    this.seen[what] = (this.seen[what] ?? 0) + 1
  }
}

/** One random program. */
class Program {
  private readonly open = new Set<Model>()
  private readonly faults: string[] = []
  private readonly listeners: Listener[] = []
  private readonly written = new WeakMap<Model, number>()
  private readonly pipes = new Map<number, { reader: number; writer: number }>()
  private token = 1

  constructor(
    private readonly subject: StreamTest,
    private readonly random: (below: number) => number,
    private readonly seen: Record<string, number>,
  ) {}

  async run(): Promise<string[]> {
    this.listen()
    for (let step = 0; step < STEPS; step++) {
      this.step()
      if (this.random(4) === 0) await sleep(0)
    }
    await this.everythingOnce()
    for (const listener of this.listeners) listener.close()
    for (const token of [...this.pipes.keys()]) this.closePipe(token)
    for (const { connection } of this.open) connection.abort()
    while (this.open.size > 0) await sleep(1)
    return this.faults
  }

  /**
   * What random steps make happen depends on the machine's speed. Here each kind of event must happen, whatever they
   * have left behind: a writer is stopped by a peer that does not read, goes on when it does, and both end.
   */
  private async everythingOnce(): Promise<void> {
    let reader: Model | undefined
    const listener = this.listen((model) => {
      reader = model
    })
    const writer = this.connectTo(listener)
    while (reader === undefined) await sleep(0)
    reader.connection.pause()
    while (this.write(writer)) await sleep(0)
    reader.connection.resume()
    while (!writer.goesOn) await sleep(0)
    writer.connection.end()
    while (reader.state === 'open') await sleep(0)
  }

  private step(): void {
    const choice = this.random(100)
    if (choice < 3) this.listen()
    else if (choice < 15) this.connectTo(this.listeners[this.random(this.listeners.length)]!)
    else if (choice < 17 && this.listeners.length > 1) this.listeners.shift()!.close()
    else if (choice < 75) this.touch()
    else this.touchPipe()
  }

  private listen(accepted: (model: Model) => void = () => {}): Listener {
    const listener = this.subject.streams.listen(
      { host: '127.0.0.1' },
      {
        accepted: (connection) => {
          const model = new Model(this.open, this.faults, this.seen, this.random)
          model.connection = connection
          accepted(model)
          return model
        },
      },
    )
    this.listeners.push(listener)
    return listener
  }

  private connectTo(listener: Listener): Model {
    const model = new Model(this.open, this.faults, this.seen, this.random)
    model.connection = this.subject.streams.connect({ host: '127.0.0.1', port: portOf(listener) }, model)
    return model
  }

  /** Does something to some connection. */
  private touch(): void {
    const models = [...this.open]
    const model = models[this.random(Math.max(1, models.length))]
    if (model === undefined) return
    const { connection } = model
    switch (this.random(15)) {
      case 0:
        connection.pause()
        break
      case 1:
      case 2:
        connection.resume()
        break
      case 3:
        connection.end()
        model.mayWrite = false
        break
      case 4:
        connection.close()
        model.mayWrite = false
        break
      case 5:
        connection.abort()
        model.mayWrite = false
        break
      case 6:
        connection.borrow = this.random(2) === 0
        break
      case 7:
        connection.setWaterMarks(1000, this.random(1000))
        break
      case 8:
        this.subject.streams.flush()
        break
      case 9:
        connection.pull = this.random(3) > 0
        break
      default:
        if (model.mayWrite) this.write(model)
    }
  }

  /** Whether it may write on. */
  private write(model: Model): boolean {
    const length = [1, 64, 200, 900, 5000, 20_000, 1_000_000][this.random(7)]!
    const from = this.written.get(model) ?? 0
    const bytes = Buffer.from(counting(from, length))
    const more = model.connection.write(bytes)
    this.written.set(model, from + length)
    return more
  }

  /** Does something to some raw descriptor. */
  private touchPipe(): void {
    const { selector } = this.subject
    const tokens = [...this.pipes.keys()]
    const token = tokens[this.random(Math.max(1, tokens.length))]
    if (token === undefined || (tokens.length < 20 && this.random(3) === 0)) {
      const made = pipe()
      selector.register(made.reader, READABLE, this.token)
      selector.register(made.writer, WRITABLE, -this.token)
      this.pipes.set(this.token++, made)
      return
    }
    const { reader, writer } = this.pipes.get(token)!
    switch (this.random(5)) {
      case 0:
        selector.modify(token, this.random(2) * READABLE)
        break
      case 1:
        selector.modify(-token, this.random(2) * WRITABLE)
        break
      case 2:
        writeAvailable(writer, Buffer.alloc(1 + this.random(5000)))
        break
      case 3:
        readAvailable(reader)
        break
      default:
        this.closePipe(token)
    }
  }

  private closePipe(token: number): void {
    const { reader, writer } = this.pipes.get(token)!
    this.subject.selector.unregister(token)
    this.subject.selector.unregister(-token)
    close(reader)
    close(writer)
    this.pipes.delete(token)
  }
}

describe.each(backends)('random orders on %s', (backend) => {
  test(`${SEEDS} programs of ${STEPS} steps`, { timeout: 600_000 }, async () => {
    const seen: Record<string, number> = {}
    for (let seed = 1; seed <= SEEDS; seed++) {
      const before = process.platform === 'linux' ? openDescriptors() : 0
      await onLoop(backend, async (subject) => {
        const faults = await new Program(subject, randomNumbers(seed), seen).run()
        expect({ seed, faults }).toEqual({ seed, faults: [] })
      })
      // The selector's own descriptors are closed by a later turn of libuv's loop.
      await new Promise((resolve) => setTimeout(resolve, 1))
      if (process.platform === 'linux')
        expect({ seed, descriptors: openDescriptors() }).toEqual({ seed, descriptors: before })
    }
    // That nothing went wrong means something only if something happened; the last part of each program sees to it.
    for (const what of ['data', 'received', 'eof', 'drained', 'closed'])
      expect(seen[what], what).toBeGreaterThanOrEqual(SEEDS)
  })
})
