/**
 * How both languages write the statements of the sync profile; a table of calls, because they differ in little but
 * names.
 */

/** @typedef {import('./program.mjs').Statement} Statement */
/** Python's and JavaScript's call on the object. @typedef {[python: string, javaScript: string]} Call */

/** Calls that do not suspend: their value, or what they raise, is recorded. @type {Record<string, (s: Statement) => Call>} */
const CALLS = {
  eventSet: () => ['x.set()', 'x.set()'],
  eventClear: () => ['x.clear()', 'x.clear()'],
  eventIsSet: () => ['x.is_set()', 'x.isSet()'],
  lockRelease: () => ['x.release()', 'x.release()'],
  lockLocked: () => ['x.locked()', 'x.locked()'],
  conditionNotify: (s) => [`x.notify(${s['count']})`, `x.notify(${s['count']})`],
  conditionNotifyAll: () => ['x.notify_all()', 'x.notifyAll()'],
  semaphoreRelease: () => ['x.release()', 'x.release()'],
  semaphoreLocked: () => ['x.locked()', 'x.locked()'],
  barrierWaiting: () => ['[x.n_waiting, x.broken]', '[x.nWaiting, x.broken]'],
  queuePutNowait: (s) => [`x.put_nowait(${s['value']})`, `x.putNowait(${s['value']})`],
  queueGetNowait: () => ['x.get_nowait()', 'x.getNowait()'],
  queueTaskDone: () => ['x.task_done()', 'x.taskDone()'],
  queueShutdown: (s) => [`x.shutdown(immediate=${s['immediate'] ? 'True' : 'False'})`, `x.shutdown(${s['immediate']})`],
  queueSize: () => ['[x.qsize(), x.empty(), x.full()]', '[x.qsize(), x.empty(), x.full()]'],
}

/** Calls that suspend. @type {Record<string, (s: Statement) => Call>} */
const WAITS = {
  eventWait: () => ['wait()', 'wait()'],
  lockAcquire: () => ['acquire()', 'acquire()'],
  conditionWait: () => ['wait()', 'wait()'],
  conditionWaitFor: (s) => [`wait_for(lambda: bumped() >= ${s['least']})`, `waitFor(() => bumped() >= ${s['least']})`],
  semaphoreAcquire: () => ['acquire()', 'acquire()'],
  barrierReset: () => ['reset()', 'reset()'],
  barrierAbort: () => ['abort()', 'abort()'],
  queuePut: (s) => [`put(${s['value']})`, `put(${s['value']})`],
  queueJoin: () => ['join()', 'join()'],
  barrierWait: () => ['wait()', 'wait()'],
  queueGet: () => ['get()', 'get()'],
}

/** @param {import('./print-javascript.mjs').Dialect} dialect @param {Statement} s */
const inner = (dialect, s) => dialect.inner(/** @type {number} */ (s.n))

/**
 * @template T @param {Record<string, (s: Statement) => Call>} table @param {(call: (s: Statement) => Call) => T} print
 * @returns {Record<string, T>}
 */
const map = (table, print) => Object.fromEntries(Object.entries(table).map(([op, call]) => [op, print(call)]))

/**
 * @param {(page: import('./page.mjs').Page, body: import('./program.mjs').Body) => void} bodyOf @returns
 * {Record<string, import('./print-python.mjs').Printer>}
 */
export function syncPython(bodyOf) {
  const has = (/** @type {Statement} */ s) => `if has(${s.n}, '${s['ref']}'):`
  return {
    bump: (page, s) => page.line(`rec(${s.n}, bump())`),
    ...map(CALLS, (call) => (page, s) => page.line(`on(${s.n}, '${s['ref']}', lambda x: ${call(s)[0]})`)),
    ...map(
      WAITS,
      (call) => (page, s) => page.block(has(s), () => page.line(`rec(${s.n}, await O.${s['ref']}.${call(s)[0]})`)),
    ),
    with: (page, s) =>
      page.block(has(s), () => {
        page.block(`async with O.${s['ref']}:`, () => {
          page.line(`rec(${s.n})`)
          bodyOf(page, s['body'])
        })
      }),
    conditionTell: (page, s) =>
      page.block(has(s), () =>
        page.block(`async with O.${s['ref']}:`, () => {
          page.line('bump()')
          page.line(`O.${s['ref']}.notify(${s['count']})`)
          page.line(`rec(${s.n})`)
        }),
      ),
    conditionListen: (page, s) =>
      page.block(has(s), () =>
        page.block(`async with O.${s['ref']}:`, () => {
          page.line(`await O.${s['ref']}.wait()`)
          page.line(`rec(${s.n})`)
        }),
      ),
  }
}

/**
 * @param {(page: import('./page.mjs').Page, body: import('./program.mjs').Body, dialect:
 * import('./print-javascript.mjs').Dialect) => void} bodyOf @returns {Record<string,
 * import('./print-javascript.mjs').Printer>}
 */
export function syncJavaScript(bodyOf) {
  const has = (/** @type {Statement} */ s) => `if (has(${s.n}, '${s['ref']}')) {`
  return {
    bump: (page, s) => page.line(`rec(${s.n}, bump())`),
    ...map(CALLS, (call) => (page, s) => page.line(`on(${s.n}, '${s['ref']}', (x) => ${call(s)[1]})`)),
    ...map(
      WAITS,
      (call) => (page, s, d) =>
        page.block(has(s), () => page.line(`rec(${s.n}, ${d.wait} O.${s['ref']}.${call(s)[1]})`), '}'),
    ),
    with: (page, s, d) =>
      page.block(
        has(s),
        () =>
          page.block(
            `${d.wait} O.${s['ref']}.with(${inner(d, s).head('')}`,
            () => {
              page.line(`rec(${s.n})`)
              bodyOf(page, s['body'], inner(d, s))
            },
            '})',
          ),
        '}',
      ),
    conditionTell: (page, s, d) =>
      page.block(
        has(s),
        () =>
          page.block(
            `${d.wait} O.${s['ref']}.with(${d.head('')}`,
            () => {
              page.line('bump()')
              page.line(`O.${s['ref']}.notify(${s['count']})`)
              page.line(`rec(${s.n})`)
            },
            '})',
          ),
        '}',
      ),
    conditionListen: (page, s, d) =>
      page.block(
        has(s),
        () =>
          page.block(
            `${d.wait} O.${s['ref']}.with(${d.head('')}`,
            () => {
              page.line(`${d.wait} O.${s['ref']}.wait()`)
              page.line(`rec(${s.n})`)
            },
            '})',
          ),
        '}',
      ),
  }
}
