import type { EventLoop, Future, TimerHandle } from '@loop/core'

/**
 * Milliseconds before the first look again at a tree whose root has ended; there is no event for the end of the others.
 * Each further look comes twice as late, up to the other number, as a look asks about every process of the system.
 */
const FIRST_LOOK_MS = 5
const LAST_LOOK_MS = 100

/** What is to be ended. */
interface Tree {
  readonly returnCode: number | null
  signalTree(signal: NodeJS.Signals): 'sent' | 'nobody' | 'refused'
  treeAlive(): boolean
}

/**
 * The end of a tree of processes. It goes its way on the loop's timers whether or not anybody waits: a task that is
 * cancelled twice, or left behind, leaves no process.
 *
 *     SIGTERM ── all gone ──> over
 *        └── grace passes, or hurry() ──> SIGKILL ── the root has ended ──> over
 */
export class TreeEnd {
  private readonly waiters: Future<void>[] = []
  private killing = false
  private done = false
  private deadline: TimerHandle | null = null
  private next: TimerHandle | null = null
  private lookAgain = FIRST_LOOK_MS

  constructor(
    private readonly loop: EventLoop,
    private readonly tree: Tree,
    private readonly grace: number,
  ) {}

  /** Sends the first signal. */
  begin(): void {
    if (this.grace === 0) {
      this.hurry()
      return
    }
    const sent = this.tree.signalTree('SIGTERM')
    if (sent === 'refused') this.conclude()
    if (sent !== 'sent') return this.exited()
    // What was stopped cannot answer.
    this.tree.signalTree('SIGCONT')
    if (this.grace !== Infinity)
      this.deadline = this.loop.callLater(this.grace, () => {
        this.hurry()
      })
    this.exited()
  }

  /** Kills what is left, at once. */
  hurry(): void {
    if (this.killing || this.done) return
    this.killing = true
    this.stopTimers()
    if (this.tree.signalTree('SIGKILL') === 'refused') this.conclude()
    else this.exited()
  }

  /** Looks whether the root's end was that of the tree. */
  exited(): void {
    if (this.done || this.tree.returnCode === null) return
    if (this.killing || !this.tree.treeAlive()) this.conclude()
    else {
      this.next = this.loop.callLater(this.lookAgain, () => {
        this.exited()
      })
      this.lookAgain = Math.min(2 * this.lookAgain, LAST_LOOK_MS)
    }
  }

  /** A future of the end. */
  over(): Future<void> {
    const waiter = this.loop.createFuture<void>()
    if (this.done) waiter.setResult()
    else this.waiters.push(waiter)
    return waiter
  }

  /** The loop is closed. */
  drop(): void {
    this.done = true
    this.stopTimers()
  }

  private conclude(): void {
    if (this.done) return
    this.done = true
    this.stopTimers()
    for (const waiter of this.waiters.splice(0)) if (!waiter.done()) waiter.setResult()
  }

  private stopTimers(): void {
    this.deadline?.cancel()
    this.next?.cancel()
  }
}
