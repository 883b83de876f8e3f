/**
 * Small mistakes that somebody could make in core or sync: what the fuzzer must find. Long because it is a list.
 *
 * Each replaces a piece of a package's source text. The piece must stand in exactly one place of all its files; when
 * the package is rewritten there, the mutation is an error until its anchor is updated, so none is skipped unnoticed.
 *
 * @typedef {{ name: string, from: string, to: string, attribution?: import('./run.mjs').Attribution }} Mutation
 *   `attribution` is that of the loops on which it shows, when it does not with the default.
 */

/** @type {readonly Mutation[]} */
const core = [
  {
    name: 'the ready queue is last-in first-out',
    from: `    const { head, slots } = this
    const item = slots[head]
    slots[head] = undefined
    this.head = (head + 1) & this.mask
    this.count--`,
    to: `    const { slots } = this
    this.count--
    const at = (this.head + this.count) & this.mask
    const item = slots[at]
    slots[at] = undefined`,
  },
  {
    name: 'what a turn adds runs in the same turn',
    from: 'for (let left = collectReady(state, io, events); left > 0; left--) {',
    to: 'for (collectReady(state, io, events); ready.length > 0; ) {',
  },
  {
    name: 'no drain between handles',
    from: '    drain()\n    endHandle(',
    to: '    if (left === 1) drain()\n    endHandle(',
  },
  {
    name: 'the current task leaks into the next handle',
    attribution: 'handle',
    from: '  state.current = null\n  if (state.watcher !== null)',
    to: '  if (state.watcher !== null)',
  },
  {
    name: 'due timers run before ready handles',
    from: '      ready.push(timer)\n',
    to: '      const later = [...ready]\n      ready.clear()\n      ready.push(timer)\n      for (const item of later) ready.push(item)\n',
  },
  {
    name: 'timers run in the order of scheduling',
    from: '      if (above < deadline || (above === deadline && sequences[parent]! < sequence)) break\n',
    to: '      if (sequences[parent]! < sequence) break\n',
  },
  {
    name: 'a cancelled handle runs',
    from: '    this.isCancelled = true\n    this.callback = null\n',
    to: '    this.isCancelled = true\n',
  },
  {
    name: 'done callbacks run inline',
    from: '    state.push(first)\n',
    to: '    first.run()\n',
  },
  {
    name: 'done callbacks run in reverse',
    from: 'if (more !== null) for (const runnable of more) state.push(runnable)',
    to: 'if (more !== null) for (const runnable of more.reverse()) state.push(runnable)',
  },
  {
    name: 'removing a callback removes only one registration',
    from: '    const kept = [this.first, ...(this.more ?? [])].filter(\n      (entry) => !(',
    to: '    let once = true\n    const kept = [this.first, ...(this.more ?? [])].filter(\n      (entry) => !(once && (once = false, true) && ',
  },
  {
    name: 'the cancel message is lost',
    from: '    this.settle(CANCELLED, message)\n',
    to: '    this.settle(CANCELLED, undefined)\n',
  },
  {
    name: 'awaiting a done future takes a turn',
    from: '    if (future.done()) return { done: true, value: future.result() }\n',
    to: `    const first = !(this as { asked?: boolean }).asked
    ;(this as { asked?: boolean }).asked = true
    if (future.done() && first) return { done: false, value: null as never }
    if (future.done()) return { done: true, value: future.result() }
`,
  },
  {
    name: 'uncancel is forgotten',
    from: '    this.requests--\n    if (this.requests > 0) return\n',
    to: '    if (this.requests > 0) return\n',
  },
  {
    name: 'uncancel to 0 leaves the request that waits',
    from: '    if (this.requests > 0) return\n    this.kept = null\n',
    to: '    if (this.requests > 0) return\n',
  },
  {
    name: 'a second request to cancel is not counted',
    from: '    this.requests++\n',
    to: '    this.requests = 1\n',
  },
  {
    name: 'a cancellation that waits is not delivered when the task waits',
    from: '    this.deliverTo(awaited)\n    return null\n',
    to: '    return null\n',
  },
  {
    name: 'a cancellation that waits is lost when the task ends',
    from: '    if (request === null) super.setResult(value)\n    else this.endCancelled(request.message)\n',
    to: '    super.setResult(value)\n',
  },
  {
    name: 'a second cancellation replaces the message of the first',
    from: 'if (cancellation !== null && !(this.failed && isCancellation(this.sent) !== null)) {',
    to: 'if (cancellation !== null) {',
  },
  {
    name: 'cancel does not reach what the task awaits',
    from: '    let outcome = this.cancelAwaited(message)\n',
    to: '    let outcome = NOTHING\n',
  },
  {
    name: 'a task that ends by CancelledError has failed',
    from: '    if (cancellation === null) super.setException(error)\n    else this.endCancelled(cancellation.message)\n',
    to: '    super.setException(error)\n',
  },
  {
    name: 'a sleeper is woken by its timer, a turn early',
    from: '    if (!this.done()) this.setResult(this.outcome)\n',
    to: '    if (!this.done()) { this.setResult(this.outcome); this.state.ready.shift()?.run() }\n',
  },
  {
    name: 'gather leaves its items running when cancelled',
    from: 'for (const child of this.children) cancelled',
    to: 'for (const child of this.children.slice(0, 1)) cancelled',
  },
  {
    name: 'a cancelled gather gives its results',
    from: '    if (this.cancelRequested) this.setException(this.cancellation())\n    else this',
    to: '    this',
  },
  {
    name: 'gather ends at the first failure, whatever returnExceptions says',
    from: 'if (!child.succeeded && !this.returnExceptions) {',
    to: 'if (!child.succeeded) {',
  },
  {
    name: 'gather watches its items only when all are started',
    from: '        else child.whenDone(new ChildDone(this, child))\n',
    to: '        else {\n          const watched = child\n          this.state.push({ run: () => { watched.whenDone(new ChildDone(this, watched)) } })\n        }\n',
  },
  {
    name: 'shield passes cancellation on',
    from: '    if (!inner.done()) inner.removeDoneCallback(innerDone)\n',
    to: '    if (!inner.done() && outer.cancelled()) inner.cancel()\n',
  },
  {
    name: 'waitFor runs a function in a task of its own',
    from: "const body = typeof source === 'function' ? source : () => ensureFuture(source, state)",
    to: 'const body = () => ensureFuture(source, state)',
  },
  {
    name: 'waitFor without time to wait throws the cancellation',
    from: '    throw new TimeoutError(notDoneWithin(ms), { cause: error })\n',
    to: '    throw error\n',
  },
  {
    name: 'waitFor does not wait for the clean-up',
    from: '  if (future.done()) return future.result()\n  yield* cancelAndWait(state, future)\n',
    to: '  if (future.done()) return future.result()\n  if (future.cancel()) throw new TimeoutError()\n',
  },
  {
    name: 'wait takes a cancelled future for a failed one',
    from: ' && !future.cancelled() && !future.succeeded)',
    to: ' && !future.succeeded)',
  },
  {
    name: 'wait leaves its timer behind',
    from: '    if (unfinished > 0 && !enough(future)) return\n    timer?.cancel()\n',
    to: '    if (unfinished > 0 && !enough(future)) return\n    if (timer !== null) return\n',
  },
  {
    name: 'a timeout takes a foreign cancellation for its own',
    from: 'if (this.scope.requested() > this.cancelling || (isCancellation(error) === null && !this.isOurs(error)))\n',
    to: 'if (isCancellation(error) === null && !this.isOurs(error))\n',
  },
  {
    name: 'a timeout forgets to withdraw its request',
    from: '    this.scope.withdraw()\n    if (this.scope.requested() > this.cancelling',
    to: '    if (this.scope.requested() > this.cancelling',
  },
  {
    name: 'a timeout that is moved keeps its old deadline too',
    from: '    this.timer?.cancel()\n    this.timer = null\n    if (when === null) return\n',
    to: '    this.timer = null\n    if (when === null) return\n',
  },
  {
    name: 'a task group does not cancel the others',
    from: '    this.abort(reason)\n    this.cancelParent(reason)\n',
    to: '    this.aborting = true\n    this.cancelParent(reason)\n',
  },
  {
    name: 'a task group does not cancel its body',
    from: '    this.abort(reason)\n    this.cancelParent(reason)\n',
    to: '    this.abort(reason)\n',
  },
  {
    name: 'a task group that is cancelled twice does not wait for its tasks',
    from: '    while (this.tasks.size > 0) {\n',
    to: '    if (this.tasks.size > 0) {\n',
  },
  {
    name: 'a task group that fails swallows a request from outside',
    from: '      this.scope.parent?.renew()\n',
    to: '',
  },
  {
    name: 'a task group swallows the cancellation of its parent',
    from: '    if (propagate !== null && this.errors.length === 0) throw propagate\n',
    to: '',
  },
  {
    name: 'asCompleted gives the newest first',
    from: '    return this.arrived.shift() as T\n',
    to: '    const all = [...this.arrived]\n    const newest = all.pop() as T\n    this.arrived.clear()\n    for (const one of all) this.arrived.push(one)\n    return newest\n',
  },
]

/** @type {readonly Mutation[]} */
const sync = [
  {
    name: 'a lock can be overtaken',
    from: 'if (this.held || this.passing || !this.waiters.onlyCancelled) return false',
    to: 'if (this.held) return false',
  },
  {
    name: 'a cancelled waiter of a lock loses the wake-up',
    from: '      if (!granted && !this.held) this.wakeFirst()\n',
    to: '',
  },
  {
    name: 'a semaphore can be overtaken',
    from: 'return this.free === 0 || this.passing > 0 || !this.waiters.onlyCancelled',
    to: 'return this.free === 0',
  },
  {
    name: 'a place promised to a cancelled waiter is lost',
    from: '      if (!granted && promised) this.free++\n',
    to: '',
  },
  {
    name: 'a bounded semaphore has no bound',
    from: 'if (this.free >= this.bound) {',
    to: 'if (this.free > this.bound + 9) {',
  },
  {
    name: 'a cancelled wait at a condition goes on without the lock',
    from: '        this.waiters.leave(waiter)\n        yield* this.reacquire()\n      }\n',
    to: '        this.waiters.leave(waiter)\n      }\n      yield* this.reacquire()\n',
  },
  {
    name: 'a cancelled wait at a condition keeps the notification',
    from: '      this.waiters.wakeNext()\n      throw error\n',
    to: '      throw error\n',
  },
  {
    name: 'notify wakes everyone',
    from: 'for (let left = count; left > 0 && this.waiters.wakeNext(); left--);',
    to: 'if (count > 0) this.waiters.wakeAll()',
  },
  {
    name: 'an event wakes only the first',
    from: '    this.flag = true\n    this.waiters.releaseAll()\n',
    to: '    this.flag = true\n    this.waiters.wakeNext()\n',
  },
  {
    name: 'waiters are woken last-in first-out',
    from: '    for (let node = this.head; node !== null; node = node.next) {\n      if (node.future.done()) continue\n',
    to: '    for (let node = this.tail; node !== null; node = node.previous) {\n      if (node.future.done()) continue\n',
  },
  {
    name: 'a reset of a barrier is not noticed by those who wait',
    from: "(this.inside > 0 ? 'resetting' : 'filling')",
    to: "'filling' as Phase",
  },
  {
    name: 'a barrier lets the next round in while one leaves',
    from: "this.phase !== 'draining' && this.phase !== 'resetting')",
    to: "this.phase !== 'resetting')",
  },
  {
    name: 'a cancelled waiter of a queue loses the wake-up',
    from: '        if (!resumed && this.getters.quit(waiter) && !this.empty()) this.getters.wakeNext()\n',
    to: '        if (!resumed) this.getters.quit(waiter)\n',
  },
  {
    name: 'taking an item wakes nobody who puts',
    from: '    this.putters.wakeNext()\n',
    to: '',
  },
  {
    name: 'join ends one item early',
    from: 'if (--this.unfinished === 0) this.joiners.releaseAll()',
    to: 'if (--this.unfinished <= 1) this.joiners.releaseAll()',
  },
  {
    name: 'shutdown leaves those waiting who get',
    from: '    this.getters.wakeAll()\n    this.putters.wakeAll()\n',
    to: '    this.putters.wakeAll()\n',
  },
]

/** By package; the package's name is also the profile of programs that must find them. */
export const MUTATIONS = { core, sync }
