/**
 * A program as Python source, to be run by oracle/oracle.py, which defines rec, on, has, present, keep and the rest.
 * Statement by statement this file mirrors print-javascript.mjs; read the two side by side.
 */
import { Page } from './page.mjs'
import { callbacksOf } from './program.mjs'
import { syncPython } from './print-sync.mjs'

/** @typedef {import('./program.mjs').Statement} Statement */
/** @typedef {import('./program.mjs').Body} Body */
/** @typedef {(page: Page, s: Statement) => void} Printer */

const CATCHES = /** @type {Record<string, string>} */ ({
  CancelledError: 'CancelledError',
  Boom: 'Boom',
  TimeoutError: 'TimeoutError',
  Exception: 'Exception',
  // Not BaseException: that would also catch the GeneratorExit with which Python ends coroutines that nobody finishes.
  any: '(Exception, CancelledError)',
})

/** A string, a number, true, false or null as Python writes it. @param {unknown} value @returns {string} */
function literal(value) {
  if (value === null || value === undefined) return 'None'
  if (value === true) return 'True'
  if (value === false) return 'False'
  return typeof value === 'string' ? `'${value}'` : String(value)
}

/** @param {import('./program.mjs').Failure} failure */
const failure = ({ name, text }) => `${name}(${text === null ? '' : literal(text)})`
/** @param {string | null} message */
const message = (message) => (message === null ? '' : literal(message))

/** A loop time, or none. @param {number | null} limit */
const deadline = (limit) => (limit === null ? 'None' : `loop.time() + ${limit}`)

/** @param {Page} page @param {Body} body */
function pythonBody(page, body) {
  if (body.length === 0) page.line('pass')
  for (const statement of body) {
    const print = PRINTERS[statement.op]
    if (print === undefined) throw new Error(`no Python for "${statement.op}"`)
    print(page, statement)
  }
}

/** @param {Page} page @param {string} name @param {Body} body */
const coroutine = (page, name, body) => page.block(`async def ${name}():`, () => pythonBody(page, body))

/** A callback, defined before the line that schedules it. @param {Page} page @param {Statement} s */
const callback = (page, s) =>
  page.block(`def cb${s.n}(*args):`, () => {
    page.line(`rec(${s.n}, list(args))`)
    pythonBody(page, s.body)
  })

/**
 * The list xs of what a statement waits for; inline coroutines are defined first. @param {Page} page @param {Statement}
 * s @param {() => void} use
 */
function withItems(page, s, use) {
  for (const item of s.items) if (item.co) coroutine(page, `co${item.n}`, item.co)
  const names = s.items.map((/** @type {any} */ item) => (item.co ? `co${item.n}` : literal(item.ref)))
  page.line(`xs${s.n} = present(${[s.n, ...names].join(', ')})`)
  page.block(`if xs${s.n}:`, use)
}

/** One call on one object. @param {(s: Statement) => string} call @returns {Printer} */
const on = (call) => (page, s) => page.line(`on(${s.n}, '${s.ref}', lambda x: ${call(s)})`)

/** @type {Record<string, Printer>} */
const PRINTERS = {
  ...syncPython(pythonBody),
  mark: (page, s) => page.line(`rec(${s.n})`),
  soon: (page, s) => {
    callback(page, s)
    page.line(`O.${s.id} = loop.call_soon(${[`cb${s.n}`, ...s.args].join(', ')})`)
  },
  later: (page, s) => {
    callback(page, s)
    page.line(`O.${s.id} = loop.call_later(${s.delay}, cb${s.n})`)
  },
  at: (page, s) => {
    callback(page, s)
    page.line(`O.${s.id} = loop.call_at(loop.time() + ${s.delay}, cb${s.n})`)
  },
  cancelHandle: on(() => 'x.cancel()'),
  handleState: on(() => 'x.cancelled()'),
  setResult: on((s) => `x.set_result(${s.value})`),
  setException: on((s) => `x.set_exception(${failure(s.error)})`),
  cancel: on((s) => `x.cancel(${message(s.message)})`),
  cancelTask: on((s) => `x.cancel(${message(s.message)})`),
  state: on(() => 'state(x)'),
  result: on(() => 'x.result()'),
  exception: on(() => 'x.exception()'),
  addCallback: on((s) => `x.add_done_callback(${s.callback})`),
  removeCallback: on((s) => `x.remove_done_callback(${s.callback})`),
  cancelling: on(() => 'task(x).cancelling()'),
  uncancel: on(() => 'task(x).uncancel()'),
  currentName: (page, s) => page.line(`rec(${s.n}, current_name())`),
  spawn: (page, s) => {
    coroutine(page, `co${s.n}`, s.body)
    page.line(`O.${s.id} = loop.create_task(co${s.n}(), name='${s.id}')`)
  },
  groupSpawn: (page, s) => {
    coroutine(page, `co${s.n}`, s.body)
    page.line(`on(${s.n}, '${s.group}', lambda tg: keep('${s.id}', tg.create_task(co${s.n}(), name='${s.id}')))`)
  },
  makeGather: (page, s) =>
    withItems(page, s, () =>
      page.line(`O.${s.id} = gather(*xs${s.n}, return_exceptions=${literal(s.returnExceptions)})`),
    ),
  makeShield: (page, s) => withItems(page, s, () => page.line(`O.${s.id} = shield(xs${s.n}[0])`)),
  raise: (page, s) => page.line(`raise ${failure(s.error)}`),
  await: (page, s) => page.block(`if has(${s.n}, '${s.ref}'):`, () => page.line(`rec(${s.n}, await O.${s.ref})`)),
  sleep: (page, s) => page.line(`rec(${s.n}, await sleep(${s.delay}, ${s.value}))`),
  call: (page, s) => {
    coroutine(page, `co${s.n}`, s.body)
    page.line(`rec(${s.n}, await co${s.n}())`)
  },
  try: (page, s) => {
    page.block('try:', () => pythonBody(page, s.body))
    for (const handler of s.handlers) {
      page.block(`except ${CATCHES[handler.catches]} as e:`, () => {
        page.line(`rec(${handler.n}, e)`)
        for (const statement of handler.body) pythonBody(page, [statement])
        if (handler.then === 'rethrow') page.line('raise')
        if (handler.then === 'replace') page.line(`raise ${failure(handler.error)}`)
      })
    }
    if (s.final)
      page.block('finally:', () => {
        page.line(`rec(${s.n})`)
        for (const statement of s.final) pythonBody(page, [statement])
      })
  },
  return: (page, s) => page.line(`return ${s.value}`),
  gather: (page, s) =>
    withItems(page, s, () =>
      page.line(`rec(${s.n}, await gather(*xs${s.n}, return_exceptions=${literal(s.returnExceptions)}))`),
    ),
  wait: (page, s) =>
    withItems(page, s, () =>
      page.line(`rec(${s.n}, sets(await wait(xs${s.n}, timeout=${literal(s.limit)}, return_when=${s.returnWhen})))`),
    ),
  waitFor: (page, s) =>
    withItems(page, s, () => page.line(`rec(${s.n}, await wait_for(xs${s.n}[0], ${literal(s.limit)}))`)),
  shield: (page, s) => withItems(page, s, () => page.line(`rec(${s.n}, await shield(xs${s.n}[0]))`)),
  timeout: (page, s) =>
    page.block(`async with timeout(${literal(s.limit)}) as O.${s.id}:`, () => pythonBody(page, s.body)),
  timeoutAt: (page, s) =>
    page.block(`async with timeout_at(${deadline(s.limit)}) as O.${s.id}:`, () => pythonBody(page, s.body)),
  reschedule: on((s) => `x.reschedule(${deadline(s.limit)})`),
  expired: on(() => 'x.expired()'),
  group: (page, s) => {
    page.block(`async with TaskGroup() as O.${s.id}:`, () => pythonBody(page, s.body))
    page.line(`rec(${s.n})`)
  },
  repeat: (page, s) => page.block(`for _ in range(${s.times}):`, () => pythonBody(page, s.body)),
  asCompleted: (page, s) =>
    withItems(page, s, () =>
      page.block(`for x in as_completed(xs${s.n}, timeout=${literal(s.limit)}):`, () => {
        page.block('try:', () => page.line(`rec(${s.n}, await x)`))
        page.block('except Exception as e:', () => page.line(`rec(${s.n}, e)`))
      }),
    ),
  cancelSelf: (page, s) => page.line(`rec(${s.n}, current_task().cancel(${message(s.message)}))`),
  uncancelSelf: (page, s) => page.line(`rec(${s.n}, current_task().uncancel())`),
  cancellingSelf: (page, s) => page.line(`rec(${s.n}, current_task().cancelling())`),
}

/** @param {import('./program.mjs').Program} program */
export function toPython(program) {
  const page = new Page('    ')
  page.line(`futures(${program.futures})`)
  for (const [name, body] of callbacksOf(program)) {
    page.block(`def ${name}(f):`, () => {
      page.line(`rec('${name}', f)`)
      for (const s of body) pythonBody(page, [s])
    })
  }
  page.block('async def main():', () => {
    for (const { id, kind, args } of program.resources) page.line(`O.${id} = ${kind}(${args.join(', ')})`)
    pythonBody(page, program.main)
  })
  return page.toString()
}
