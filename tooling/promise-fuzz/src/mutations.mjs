/**
 * Small mistakes that somebody could make in what says where code runs, and in scopes: what the fuzzer must find.
 *
 * Each replaces a piece of core's source text, which must stand in exactly one place; when core is rewritten there, the
 * mutation is an error until its anchor is updated, so none is skipped unnoticed.
 *
 * @typedef {{ name: string, from: string, to: string }} Mutation
 */

/** @type {readonly Mutation[]} */
export const MUTATIONS = [
  {
    name: 'the running loop is the one that was started last',
    from: '  if (mine?.running === true) return mine\n',
    to: '',
  },
  {
    name: 'code of a closed loop goes on on another one',
    from: '  if (mine?.closed === true) return null\n',
    to: '',
  },
  {
    name: 'a callback is of the task that scheduled it',
    from: '    if (this.calling !== null && scope === this.calling.runInAsyncScope(storedScope)) return null\n',
    to: '',
  },
  {
    name: 'an async callback goes on as the task that scheduled it',
    from: '(this.outside || isAsyncFunction(callback))',
    to: 'this.outside',
  },
  {
    name: 'a task runs in the context of its maker',
    from: '  scopes.enterWith(this.root)\n',
    to: '',
  },
  {
    name: 'a generator task does not come back from a scope',
    from: '      this.goTo(around)\n',
    to: '',
  },
  {
    name: 'a helper goes on around the scope that it opened',
    from: '    if (state === null || scope === this.around) return',
    to: '    if (state !== undefined) return',
  },
  {
    name: 'a deadline cancels what is around its scope',
    from: '    this.scope.request(this.message, this.reason)\n',
    to: '    ;(this.scope.parent ?? this.scope).request(this.message, this.reason)\n',
  },
  {
    name: 'a group cancels what is around it',
    from: '    this.parentCancelled = true\n    this.scope.request(reason)\n',
    to: '    this.parentCancelled = true\n    ;(this.scope.parent ?? this.scope).request(reason)\n',
  },
  {
    name: 'a request that meets no wait is forgotten',
    from: '    this.kept = { message, number: requestsMade++ }\n    this.state.checkSoon(this)\n',
    to: '',
  },
  {
    name: 'a request that is kept around a scope does not reach a wait in it',
    from: '    if (last !== null && awaited.cancel(last.message)) this.dropKept()\n',
    to: '    if (last !== null && last === this.kept && awaited.cancel(last.message)) this.dropKept()\n',
  },
  {
    name: 'a deadline waits for a foreign promise',
    from: '    if (kept === null || !this.isIdle() || !this.canCut()) return\n',
    to: '    if (kept !== undefined) return\n',
  },
  {
    name: 'an async helper cannot be cut off from a foreign promise',
    from: '    scope.addCut(cutOff)\n',
    to: '',
  },
  {
    name: 'code that was left behind goes on as if it were not',
    from: "    this.phase = this.cut ? 'abandoned' : 'closed'\n",
    to: "    this.phase = 'closed'\n",
  },
  {
    name: 'a task cannot be left behind',
    from: '    if (!this.started || this.done()) return false\n',
    to: '    if (this.started) return false\n',
  },
  {
    name: 'what a task that is done has left running is still of it',
    from: '    return task === null || task.done() ? null : task\n',
    to: '    return scopes.getStore()?.task ?? task\n',
  },
  {
    name: 'a deadline does not abort the signal',
    from: '    this.requests++\n    this.controller?.abort(reason)\n',
    to: '    this.requests++\n',
  },
  {
    name: 'a request from around does not abort the signal of a scope',
    from: '    this.controller?.abort(new CancelledError(message))\n    return this.cancelAwaited(message)\n',
    to: '    return this.cancelAwaited(message)\n',
  },
  {
    name: 'only the first of several waits is cancelled',
    from: '    if (this.more === null && !(first instanceof Scope))\n',
    to: '    if (!(first instanceof Scope))\n',
  },
  {
    name: 'the context of the program is not kept for callbacks',
    from: '      else if (this.count === 0) result = this.runInAsyncScope(callback)\n',
    to: '      else if (this.count === 0) result = callback()\n',
  },
]
