/**
 * Whether a program gets on, although something goes on: a heartbeat ticks for ever beside a main task that nothing
 * will wake.
 *
 * What a future waits for cannot be seen, so a deadlock beside others is a guess, made late: the main task has waited
 * for the same futures for many deadlines, every timer that was there in the beginning has passed, and in all that time
 * nothing but timers and whom they woke has run. Where more than that happens, twenty times as long.
 */
import type { EventLoop, Future } from '@loop/core'
import type { AwaitedDescription } from '@loop/core/lowlevel'
import { Task } from '@loop/core'
import { describeTask } from '@loop/core/lowlevel'

/** Looking costs as much as the main task waits for, so it is done once in so many jumps. */
const LOOK_EVERY = 1000
/** How much longer it takes when more than timers runs. */
const WITH_TRAFFIC = 20
/** A timer and who waits for it. */
const HANDLES_OF_A_TIMER = 2

/** What was seen when the main task was first found waiting. */
interface Start {
  /** What it waits for that nothing known will end. */
  readonly awaited: ReadonlySet<object>
  readonly jumps: number
  readonly time: number
  /** Loop time of the last timer that was waiting then. */
  readonly lastTimer: number
  readonly handles: number
  readonly timersFired: number
}

/** Watches one run. */
export class ProgressWatch {
  private jumps = 0
  private start: Start | null = null

  /**
   * @param loop Whose run it is
   * @param after Jumps of time after which a main task that waits in vain is taken for stuck
   */
  constructor(
    private readonly loop: EventLoop,
    private readonly after: number,
  ) {}

  /** To be called for each jump of time. Says since when `main` is stuck, in loop time; null as long as it is not. */
  jumped(main: Future): number | null {
    if (++this.jumps % LOOK_EVERY !== 0) return null
    const awaited = inVain(main)
    const { start } = this
    if (start === null || !areSame(start.awaited, awaited)) {
      this.start = awaited.size === 0 ? null : this.begin(awaited)
      return null
    }
    return this.isStuck(start) ? start.time : null
  }

  private begin(awaited: ReadonlySet<object>): Start {
    const { handles, timersFired } = this.loop.statistics()
    let lastTimer = 0
    for (const { deadline } of this.loop.state.timers)
      if (deadline !== Infinity) lastTimer = Math.max(lastTimer, deadline)
    return { awaited, jumps: this.jumps, time: this.loop.time(), lastTimer, handles, timersFired }
  }

  private isStuck(start: Start): boolean {
    if (this.loop.time() <= start.lastTimer) return false
    const { handles, timersFired } = this.loop.statistics()
    const onlyTimers = handles - start.handles <= HANDLES_OF_A_TIMER * (timersFired - start.timersFired)
    return this.jumps - start.jumps >= this.after * (onlyTimers ? 1 : WITH_TRAFFIC)
  }
}

function areSame(one: ReadonlySet<object>, other: ReadonlySet<object>): boolean {
  return one.size === other.size && [...one].every((member) => other.has(member))
}

/** Something that is waited for: a future, a task, or what joins several. */
interface Node {
  readonly awaited: object
  /** Nodes that wait for this one. */
  readonly waiting: Node[]
  /** How many of what it waits for must be able to end, so that it can: all of a gather or a group, else one. */
  needed: number
}

/** Joins that end only when all their members have. */
const ALL = new Set(['gather()', 'taskGroup()'])

/**
 * The futures that keep `main` waiting, of which nothing is known that could end them: it cannot go on without one of
 * them. Empty when it may go on: it waits for a sleep, a promise, or a task of which the same is true.
 */
function inVain(main: Future): Set<object> {
  const nodes = new Map<object, Node>()
  const ends: Node[] = []
  const futures: Node[] = []
  const left: { node: Node; of: readonly AwaitedDescription[] }[] = []
  const nodeOf = (awaited: object, name: string, members: readonly AwaitedDescription[]): Node => {
    const known = nodes.get(awaited)
    if (known !== undefined) return known
    const of = awaited instanceof Task ? describeTask(awaited).awaiting : members
    const node: Node = { awaited, waiting: [], needed: !(awaited instanceof Task) && ALL.has(name) ? of.length : 1 }
    nodes.set(awaited, node)
    if (of.length > 0) left.push({ node, of })
    else if (name === 'Future') futures.push(node)
    else ends.push(node)
    return node
  }
  const root = nodeOf(main, main instanceof Task ? main.getName() : main.constructor.name, [])
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    for (const { awaited, name, members } of next.of) nodeOf(awaited, name, members).waiting.push(next.node)
  }
  const mayEnd = new Set<Node>(ends)
  for (const node of mayEnd) {
    for (const waiting of node.waiting) if (--waiting.needed === 0) mayEnd.add(waiting)
  }
  // A circle of tasks has no future at its end: the tasks themselves are what is waited for.
  if (mayEnd.has(root)) return new Set()
  return new Set(
    (futures.length > 0 ? futures : [...nodes.values()].filter((node) => !mayEnd.has(node))).map(
      ({ awaited }) => awaited,
    ),
  )
}
