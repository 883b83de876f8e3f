/**
 * The protocol of the memory that a pool shares with a thread, in every order of its steps: the code itself, and faults
 * that are planted in it, each of which must be found.
 */
import { describe, expect, test } from 'vitest'
import type { SlotTable } from '../src/threads/slot-table.ts'
import { explore, Mailbox, type Explored, type Memory, type Program, type Thread } from './model/loom.ts'
import { sourceOf, steppable, type Steps } from './model/steppable.ts'

const file = new URL('../src/threads/slot-protocol.ts', import.meta.url)

interface Pool {
  place: Steps<[slot: number, aborted: boolean], void>
  enqueue: Steps<[slot: number], void>
  publish: Steps<[], boolean>
  revoke: Steps<[slot: number], boolean>
  fate: Steps<[slot: number], 'revoked' | 'unstarted' | 'started'>
  collect: Steps<[take: (slot: number) => Generator<undefined, void>], void>
}

interface Worker {
  empty: Steps<[], boolean>
  take: Steps<[], number>
  fallAsleep: Steps<[], boolean>
  wakeUp: Steps<[], void>
  claim: Steps<[slot: number], boolean>
  done: Steps<[slot: number, outcome: number], void>
  answer: Steps<[slot: number], boolean>
}

/** A table of two slots: both rings wrap, and slots are used again. */
function smallTable(memory: Memory): SlotTable {
  const words = (count: number): Int32Array => new Int32Array(count)
  const table = {
    SLOTS: 2,
    MASK: 1,
    control: words(5),
    DISPATCH_TAIL: 0,
    ANSWER_TAIL: 1,
    WORKER_STATE: 2,
    POOL_BELL: 3,
    SPIN: 4,
    ASLEEP: 0,
    AWAKE: 1,
    claim: words(2),
    QUEUED: 1,
    RUNNING: 2,
    DONE: 3,
    REVOKED: 4,
    SKIPPED: 5,
    abort: words(2),
    call: memory.plain('call', words(2)),
    outcome: memory.plain('outcome', words(2)),
    dispatched: memory.plain('dispatched', words(2)),
    answered: memory.plain('answered', words(2)),
  }
  return table as unknown as SlotTable
}

/** What the pool does, turn by turn, before it only waits for answers. */
type Turn = readonly ('submit' | 'revoke')[]

interface Scenario {
  readonly turns: readonly Turn[]
  /** The worker may be killed between any two steps. */
  readonly killed?: boolean
}

/** How a task ended. */
type End = 'answered' | 'skipped' | 'unstarted' | 'lost'

function programOf(make: ReturnType<typeof steppable>, { turns, killed = false }: Scenario) {
  return (memory: Memory): Program => {
    const { PoolSide, WorkerSide } = make(memory)
    const table = smallTable(memory)
    const pool = new PoolSide!(table as never) as Pool
    const worker = new WorkerSide!(table as never) as Worker
    const toWorker = new Mailbox<'bell'>(memory)
    const toPool = new Mailbox<'bell' | 'exit'>(memory)
    const runs: number[] = []
    const ends: End[][] = []
    const revoked = new Set<number>()
    /** The task of each slot, as the pool knows it. */
    const tasks: (number | null)[] = [null, null]
    let dead = false
    const total = turns.flat().filter((each) => each === 'submit').length

    const end = (task: number, how: End): void => {
      ;(ends[task] ??= []).push(how)
    }
    const allEnded = (): boolean => ends.filter((each) => each.length > 0).length === total

    function* taken(slot: number): Generator<undefined, void> {
      const task = tasks[slot]!
      tasks[slot] = null
      end(task, table.outcome[slot] === table.SKIPPED ? 'skipped' : 'answered')
    }

    function* receive(): Thread {
      const message = yield* toPool.take()
      yield* pool.collect(taken)
      if (message === 'exit') {
        for (const [slot, task] of tasks.entries()) {
          if (task === null) continue
          const fate = yield* pool.fate(slot)
          end(task, fate === 'revoked' ? 'skipped' : fate === 'started' ? 'lost' : fate)
          tasks[slot] = null
        }
      }
    }

    function* poolThread(): Thread {
      let submitted = 0
      for (const turn of turns) {
        for (const what of turn) {
          if (what === 'submit') {
            while (!tasks.includes(null) && !dead) yield* receive()
            if (dead && !tasks.includes(null)) yield* receive()
            const slot = tasks.indexOf(null)
            tasks[slot] = submitted++
            table.call[slot] = tasks[slot]
            yield* pool.place(slot, false)
            yield* pool.enqueue(slot)
          } else {
            for (const [slot, task] of tasks.entries())
              if (task !== null && (yield* pool.revoke(slot))) revoked.add(task)
          }
        }
        if (yield* pool.publish()) toWorker.post('bell')
      }
      while (!allEnded()) yield* receive()
    }

    /** The loop of the worker's program: `drain` and `woken` there. */
    function* workerThread(): Thread {
      for (;;) {
        yield* toWorker.take()
        yield* worker.wakeUp()
        for (;;) {
          if (yield* worker.empty()) {
            if (yield* worker.fallAsleep()) break
            continue
          }
          const slot = yield* worker.take()
          if (yield* worker.claim(slot)) {
            const task = table.call[slot]!
            runs[task] = (runs[task] ?? 0) + 1
            yield* worker.done(slot, 0)
          } else yield* worker.done(slot, table.SKIPPED)
          if (yield* worker.answer(slot)) toPool.post('bell')
        }
      }
    }

    /** Stops for good where it stands when it is killed; the port delivers what was sent before. */
    function* mortal(thread: Thread): Thread {
      for (let step = thread.next(); step.done !== true; step = thread.next()) {
        const ready = step.value
        yield () => !dead && ready?.() !== false
      }
    }
    function* killer(): Thread {
      yield
      dead = true
      toPool.post('exit')
    }

    const threads: Thread[] = [poolThread(), mortal(workerThread())]
    if (killed) threads.push(killer())
    return {
      threads,
      check: (stuck) => {
        if (stuck.includes(0))
          throw new Error(`the pool waits for ever: ${ends.filter(Boolean).length} of ${total} tasks ended`)
        for (let task = 0; task < total; task++) {
          const [how, ...more] = ends[task] ?? []
          if (how === undefined || more.length > 0)
            throw new Error(`task ${task} ended ${ends[task]?.length ?? 0} times`)
          const ran = runs[task] ?? 0
          if (ran > 1) throw new Error(`task ${task} ran twice`)
          if (how === 'answered' && ran === 0) throw new Error(`task ${task} was answered and did not run`)
          if (how !== 'answered' && how !== 'lost' && ran > 0) throw new Error(`task ${task} ran and counts as ${how}`)
          if (revoked.has(task) && how !== 'skipped')
            throw new Error(`task ${task} was taken back and counts as ${how}`)
        }
      },
    }
  }
}

/** Scenarios, and the preemptions within which they are explored here and with LOOP_MODEL_PREEMPTIONS. */
const scenarios: Record<string, Scenario> = {
  'three tasks one after the other': { turns: [['submit'], ['submit'], ['submit']] },
  'two at once, then one in a used slot': { turns: [['submit', 'submit'], ['submit']] },
  'one is taken back': { turns: [['submit', 'submit'], ['revoke']] },
  'taken back, and another submitted': { turns: [['submit'], ['revoke'], ['submit']] },
  'the worker dies at any moment': { turns: [['submit', 'submit'], []], killed: true },
  'it dies while a task is taken back': { turns: [['submit'], ['revoke']], killed: true },
}

const PREEMPTIONS = Number(process.env['LOOP_MODEL_PREEMPTIONS'] ?? 3)
const exploreAll = (source: string): Map<string, Explored> => {
  const make = steppable(source)
  const found = new Map<string, Explored>()
  for (const [name, scenario] of Object.entries(scenarios)) {
    // Fewer first: what they find needs the shortest story.
    for (let preemptions = 0; preemptions <= PREEMPTIONS; preemptions++) {
      const explored = explore(programOf(make, scenario), preemptions)
      found.set(name, explored)
      if (explored.fault !== null) return found
    }
  }
  return found
}

test('no order of steps loses, doubles or mixes up a task', { timeout: 600_000 }, () => {
  const found = exploreAll(sourceOf(file))
  let orders = 0
  for (const [name, explored] of found) {
    expect(explored.fault, name).toBe(null)
    orders += explored.orders
  }
  console.log(
    `${orders} orders with at most ${PREEMPTIONS} preemptions:`,
    Object.fromEntries([...found].map(([name, { orders }]) => [name, orders])),
  )
  expect(orders).toBeGreaterThan(5_000)
})

/** Faults as a change could bring them: what is replaced, and by what. */
const faults: Record<string, readonly [from: string, to: string]> = {
  'the worker sleeps without a second look': [
    '    if (this.empty()) return true\n    this.wakeUp()\n    return false',
    '    return true',
  ],
  'the worker looks before it says that it sleeps': [
    '    store(control, WORKER_STATE, ASLEEP)\n    if (this.empty()) return true',
    '    const empty = this.empty()\n    store(control, WORKER_STATE, ASLEEP)\n    if (empty) return true',
  ],
  'the pool looks for a sleeper before it publishes': [
    '    store(control, DISPATCH_TAIL, this.tail)\n    return this.claimWakeUp()',
    '    const sleeps = this.claimWakeUp()\n    store(control, DISPATCH_TAIL, this.tail)\n    return sleeps',
  ],
  'a claim in two steps': [
    'return compareExchange(claim, slot, QUEUED, RUNNING) === QUEUED',
    'if (load(claim, slot) !== QUEUED) return false\n    store(claim, slot, RUNNING)\n    return true',
  ],
  'taking back in two steps': [
    'const before = compareExchange(claim, slot, QUEUED, REVOKED)',
    'const before = load(claim, slot)\n    if (before === QUEUED) store(claim, slot, REVOKED)',
  ],
  'the bell is silenced without a second look': [
    '      if (this.head === load(control, ANSWER_TAIL)) return\n',
    '      return\n',
  ],
  'the bell is never silenced': ['      store(control, POOL_BELL, 0)\n', ''],
  'a slot is shown before it is written': [
    '    dispatched[this.tail & MASK] = slot\n    this.tail = (this.tail + 1) | 0\n  }',
    '    const { control, DISPATCH_TAIL } = this.table\n    const at = this.tail & MASK\n    this.tail = (this.tail + 1) | 0\n    store(control, DISPATCH_TAIL, this.tail)\n    dispatched[at] = slot\n  }',
  ],
  'an answer is shown before it is written': [
    '    answered[this.tail & MASK] = slot\n    this.tail = (this.tail + 1) | 0\n    store(control, ANSWER_TAIL, this.tail)',
    '    const at = this.tail & MASK\n    this.tail = (this.tail + 1) | 0\n    store(control, ANSWER_TAIL, this.tail)\n    answered[at] = slot',
  ],
  'the pool is rung before the answer is there': [
    '    store(control, ANSWER_TAIL, this.tail)\n    return load(control, POOL_BELL) === 0 && exchange(control, POOL_BELL, 1) === 0',
    '    const rings = load(control, POOL_BELL) === 0 && exchange(control, POOL_BELL, 1) === 0\n    store(control, ANSWER_TAIL, this.tail)\n    return rings',
  ],
  'a task that was passed over counts as lost': [
    "    if (state === DONE && outcome[slot] === SKIPPED) return 'revoked'\n",
    '',
  ],
  'done without its outcome': ['    outcomes[slot] = outcome\n', ''],
}

describe('a planted fault is found', () => {
  test.each(Object.keys(faults))('%s', { timeout: 60_000 }, (name) => {
    const found = [...exploreAll(sourceOf(file, faults[name])).values()].map(({ fault }) => fault)
    expect(found.at(-1)).not.toBe(null)
  })
})
