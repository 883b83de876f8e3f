/**
 * What a program knows of itself: in which task and on which loop each piece of its code runs, and who may ask whom to
 * end. It is said by the program, never asked of the loop: that is what the loop is held against.
 */

/** A loop of the program. */
export class LoopLabel {
  /** Code that nobody waits for and that has not ended. */
  strays = 0
  /** Whether its main task has ended, so that what is left is cancelled. */
  ending = false
  ended = false
  /** @type {any} */
  loop = null
  /** @type {(() => void)[]} */
  listeners = []

  /** @param {string} name */
  constructor(name) {
    this.name = name
  }

  strayed() {
    this.strays++
  }

  returned() {
    this.strays--
    for (const listener of this.listeners.splice(0)) listener()
  }
}

/** A task of the program. */
export class TaskLabel {
  /** @type {any} The loop's object, once it is known. */
  task = null
  started = 0
  ends = 0
  doneCalls = 0
  /** Whether it was made while its loop ended, so that nobody cancels it any more. */
  late = false
  /** Whether `cancel` was called and said that the task was not done. */
  cancelled = false
  /** Why it need not end as cancelled although it was asked to. @type {string | null} */
  excuse = null

  /** @param {string} name @param {Node} node */
  constructor(name, node) {
    this.name = name
    this.node = node
  }

  /** Whether the task ended cancelled while its code was in an await that could not be ended. */
  get leftBehind() {
    return this.task !== null && this.task.done() && this.task.cancelled() && this.node.inside > 0
  }
}

/**
 * A part of the program that can be asked to end: a task, a scope, or a branch, which is asked when what it stands in
 * is. Requests go from a node to what it waits for; CancelledErrors go from what is waited for to who waits.
 */
export class Node {
  /** Who waits for this, and passes on a request to end. @type {Set<Node>} */
  askedBy = new Set()
  /** What this waits for. @type {Set<Node>} */
  waitsFor = new Set()
  /** Whether somebody asked this very node. */
  asked = false
  /** World time at which it is asked by itself. */
  deadline = Infinity
  /** Whether it has ended, as a scope. */
  over = false
  /** Whether it ended by its deadline. */
  timedOut = false
  /** Whether the code inside is running, or suspended. */
  inside = 0
  /** Whether code in here goes on beside other code. */
  mixed = false
  /** Whether the scope ended while the code inside was still there. */
  abandoned = false

  /**
   * @param {'task' | 'scope' | 'branch'} kind @param {Node | null} parent passes its requests on @param {LoopLabel}
   * home
   */
  constructor(kind, parent, home) {
    this.kind = kind
    this.parent = parent
    this.home = home
    if (parent !== null) {
      this.askedBy.add(parent)
      parent.waitsFor.add(this)
    }
  }

  /** Notes that `other` is awaited here. @param {Node} other @param {boolean} passes whether a request goes on to it */
  awaits(other, passes) {
    this.waitsFor.add(other)
    if (passes) other.askedBy.add(this)
  }

  /**
   * Whether a scope around this code was ended by its deadline after `from` and before `now`. @param {number} from
   * @param {number} now @returns {boolean}
   */
  passedSince(from, now) {
    const passed = this.kind === 'scope' && from < this.deadline && this.deadline < now && (this.timedOut || !this.over)
    return passed || (this.kind !== 'task' && this.parent !== null && this.parent.passedSince(from, now))
  }

  noteMixed() {
    this.mixed = true
    if (this.kind !== 'task') this.parent?.noteMixed()
  }

  /** Whether code in here stands in a scope that has left it behind. @returns {boolean} */
  get leftBehind() {
    return this.abandoned || (this.kind !== 'task' && this.parent !== null && this.parent.leftBehind)
  }
}

/**
 * Whether a request to end may have reached `node`. @param {Node} node @param {number} now @param {Set<Node>} [seen]
 * @returns {boolean}
 */
export function mayBeAsked(node, now, seen = new Set()) {
  if (seen.has(node)) return false
  seen.add(node)
  if (node.asked || now >= node.deadline || (node.home.ending && node.kind === 'task')) return true
  for (const other of node.askedBy) if (mayBeAsked(other, now, seen)) return true
  return false
}

/**
 * Whether a CancelledError may come out of what `node` waits for. @param {Node} node @param {number} now @param
 * {Set<Node>} [seen] @returns {boolean}
 */
export function mayGetCancelled(node, now, seen = new Set()) {
  if (seen.has(node)) return false
  seen.add(node)
  for (const other of node.waitsFor) {
    // A scope turns its own request into something else: what comes out of it came from outside of it, or from what it
    // waits for.
    const asked = other.kind !== 'scope' && mayBeAsked(other, now, new Set([node]))
    if (asked || mayGetCancelled(other, now, seen)) return true
  }
  return false
}

/**
 * Whether `node` may end after it was asked: a request is spent once it has ended one wait for the loop, and what was
 * in a foreign await beside that, or just woken, goes on.
 * @param {Node} node @param {Set<Node>} [seen] @returns {boolean}
 */
export function mayBeLate(node, seen = new Set()) {
  if (seen.has(node)) return false
  seen.add(node)
  if (node.mixed) return true
  for (const other of node.waitsFor) if (mayBeLate(other, seen)) return true
  return false
}

/** Whether a CancelledError in `node` has a reason. @param {Node} node @param {number} now */
export const mayBeCancelled = (node, now) => mayBeAsked(node, now) || mayGetCancelled(node, now)
