/**
 * Runs programs of several threads in every order of their steps: a small model checker, after Loom and CHESS.
 *
 * A thread is a generator. It yields before each step that others can see; what it yields, if anything, is the
 * condition under which that step can be taken. A run follows one order; orders are walked depth first, each from the
 * start. Preemptions, which take the turn from a thread that could go on, are bounded: most faults need one or two, and
 * the number of orders grows exponentially with them (Musuvathi and Qadeer, "Iterative Context Bounding", PLDI 2007).
 *
 * Memory that is not accessed by atomic operations is watched with vector clocks: an access that no chain of atomic
 * operations orders after the other side's last one is a fault, though no order of steps may show it.
 */

export type Thread = Generator<(() => boolean) | undefined, void>

/** One run: its threads, and what must hold when none can go on. */
export interface Program {
  readonly threads: readonly Thread[]
  /** Throws when something is wrong at the end; `stuck` are the threads that still wait. */
  check(stuck: readonly number[]): void
}

export interface Explored {
  /** Orders that were run. */
  readonly orders: number
  readonly steps: number
  /** The first fault, with the order of threads that led to it. */
  readonly fault: string | null
}

interface Choice {
  readonly options: readonly number[]
  at: number
}

/** Runs `make` in every order with at most `preemptions` of them, until a fault or `most` orders. */
export function explore(make: (memory: Memory) => Program, preemptions: number, most = Infinity): Explored {
  const choices: Choice[] = []
  let orders = 0
  let steps = 0
  do {
    orders++
    const memory = new Memory()
    const taken: number[] = []
    try {
      runOnce(make(memory), memory, choices, taken, preemptions)
    } catch (error) {
      return { orders, steps: steps + taken.length, fault: `${(error as Error).message} (order ${taken.join('')})` }
    }
    steps += taken.length
    while (choices.length > 0 && choices.at(-1)!.at + 1 === choices.at(-1)!.options.length) choices.pop()
    if (choices.length > 0) choices.at(-1)!.at++
  } while (choices.length > 0 && orders < most)
  return { orders, steps, fault: null }
}

function runOnce(program: Program, memory: Memory, choices: Choice[], taken: number[], preemptions: number): void {
  const { threads } = program
  const conditions = new Map<number, (() => boolean) | undefined>()
  const step = (thread: number): void => {
    memory.thread = thread
    const { done, value } = threads[thread]!.next()
    if (done === true) conditions.delete(thread)
    else conditions.set(thread, value)
  }
  for (const thread of threads.keys()) step(thread)
  let current = -1
  let left = preemptions
  for (let depth = 0; ; depth++) {
    const enabled = [...conditions].filter(([, ready]) => ready?.() !== false).map(([thread]) => thread)
    if (enabled.length === 0) break
    const goesOn = enabled.includes(current)
    if (depth === choices.length) {
      const others = goesOn && left === 0 ? [] : enabled.filter((thread) => thread !== current)
      choices.push({ options: goesOn ? [current, ...others] : others, at: 0 })
    }
    const choice = choices[depth]!
    const next = choice.options[choice.at]!
    if (goesOn && next !== current) left--
    current = next
    taken.push(next)
    step(next)
  }
  program.check([...conditions.keys()])
}

type Clock = number[]

interface Access {
  readonly thread: number
  readonly time: number
}

/** What threads share: atomic operations that order, and plain arrays whose accesses must be ordered. */
export class Memory {
  /** The thread that runs now. */
  thread = 0
  private readonly clocks: Clock[] = []
  private readonly released = new Map<unknown, Map<number, Clock>>()

  private get clock(): Clock {
    return (this.clocks[this.thread] ??= [])
  }

  /** An atomic operation: a step of its own, after everything that led to the last one there. */
  *atomic(array: Int32Array, index: number, change: (before: number) => number | null): Generator<undefined, number> {
    yield
    this.synchronize(array, index)
    const before = array[index]!
    const after = change(before)
    if (after !== null) array[index] = after
    return before
  }

  /** Sending and receiving a message orders too. */
  synchronize(place: unknown, index = 0): void {
    let places = this.released.get(place)
    if (places === undefined) this.released.set(place, (places = new Map()))
    const { clock, thread } = this
    const known = places.get(index) ?? []
    for (let i = 0; i < Math.max(known.length, clock.length); i++) clock[i] = Math.max(known[i] ?? 0, clock[i] ?? 0)
    clock[thread] = (clock[thread] ?? 0) + 1
    places.set(index, [...clock])
  }

  /** The array, with every access checked. */
  plain<A extends Int32Array | Float64Array>(name: string, array: A): A {
    const writes = new Map<string, Access>()
    const reads = new Map<string, Access[]>()
    const ordered = ({ thread, time }: Access): boolean => thread === this.thread || (this.clock[thread] ?? 0) > time
    const access = (): Access => ({ thread: this.thread, time: this.clock[this.thread] ?? 0 })
    const refuse = (key: string): never => {
      throw new Error(`a race on ${name}[${key}]`)
    }
    return new Proxy(array, {
      get: (target, key) => {
        if (typeof key !== 'string' || !/^\d+$/.test(key)) return Reflect.get(target, key, target) as unknown
        const write = writes.get(key)
        if (write !== undefined && !ordered(write)) refuse(key)
        reads.set(key, [...(reads.get(key) ?? []).filter((each) => each.thread !== this.thread), access()])
        return target[Number(key)]
      },
      set: (target, key, value: number) => {
        const write = writes.get(key as string)
        if (write !== undefined && !ordered(write)) refuse(key as string)
        if ((reads.get(key as string) ?? []).some((read) => !ordered(read))) refuse(key as string)
        writes.set(key as string, access())
        target[Number(key)] = value
        return true
      },
    })
  }
}

/** Messages from one thread to another, in order. */
export class Mailbox<T> {
  private readonly messages: T[] = []

  constructor(private readonly memory: Memory) {}

  post(message: T): void {
    this.memory.synchronize(this)
    this.messages.push(message)
  }

  /** Waits for the next message. */
  *take(): Generator<() => boolean, T> {
    yield () => this.messages.length > 0
    this.memory.synchronize(this)
    return this.messages.shift()!
  }

  /** The next message, if there is one. */
  poll(): T | undefined {
    this.memory.synchronize(this)
    return this.messages.shift()
  }
}
