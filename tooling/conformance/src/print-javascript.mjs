/**
 * A program as JavaScript source, in both forms of coroutine function; src/run.mjs defines rec, on, has and the rest.
 * Statement by statement this file mirrors print-python.mjs; read the two side by side.
 */
import { Page } from './page.mjs'
import { callbacksOf } from './program.mjs'
import { syncJavaScript } from './print-sync.mjs'

/** @typedef {import('./program.mjs').Statement} Statement */
/** @typedef {import('./program.mjs').Body} Body */
/** @typedef {'async' | 'generator' | 'mixed'} Form 'mixed': tasks and the bodies of timeouts and groups take turns */
/**
 * How a coroutine function is written, how it waits, and which dialect the function of statement `n` inside it takes.
 * @typedef {{ head: (parameters: string) => string, wait: string, inner: (n: number) => Dialect }} Dialect
 */
/** @typedef {(page: Page, s: Statement, dialect: Dialect) => void} Printer */

/** @param {(n: number) => Dialect} [inner] @returns {Dialect} */
function asyncDialect(inner) {
  /** @type {Dialect} */
  const self = {
    head: (/** @type {string} */ parameters) => `async (${parameters}) => {`,
    wait: 'await',
    inner: inner ?? (() => self),
  }
  return self
}

/** @param {(n: number) => Dialect} [inner] @returns {Dialect} */
function generatorDialect(inner) {
  /** @type {Dialect} */
  const self = {
    head: (/** @type {string} */ parameters) => `function* (${parameters}) {`,
    wait: 'yield*',
    inner: inner ?? (() => self),
  }
  return self
}

/** @param {number} n @returns {Dialect} */
const byTurns = (n) => (n % 2 === 0 ? asyncDialect(byTurns) : generatorDialect(byTurns))

/** @type {Record<Form, Dialect>} */
const DIALECTS = { async: asyncDialect(), generator: generatorDialect(), mixed: asyncDialect(byTurns) }

const CATCHES = /** @type {Record<string, string>} */ ({
  CancelledError: 'e instanceof CancelledError',
  Boom: 'e instanceof Boom',
  TimeoutError: 'e instanceof TimeoutError',
  Exception: '!(e instanceof CancelledError)',
  any: 'true',
})

/** @param {unknown} value */
const literal = (value) => (typeof value === 'string' ? `'${value}'` : String(value))
/** @param {import('./program.mjs').Failure} failure */
const failure = ({ name, text }) => `new ${name}(${text === null ? '' : literal(text)})`
/** @param {string | null} message */
const message = (message) => (message === null ? '' : literal(message))

/** @param {Page} page @param {Body} body @param {Dialect} dialect */
function javaScriptBody(page, body, dialect) {
  for (const statement of body) {
    const print = PRINTERS[statement.op]
    if (print === undefined) throw new Error(`no JavaScript for "${statement.op}"`)
    print(page, statement, dialect)
  }
}

/** @param {Page} page @param {string} name @param {Body} body @param {Dialect} dialect */
const coroutine = (page, name, body, dialect) =>
  page.block(`const ${name} = ${dialect.head('')}`, () => javaScriptBody(page, body, dialect), '}')

/** @param {Page} page @param {Statement} s @param {Dialect} dialect */
const callback = (page, s, dialect) =>
  page.block(
    `const cb${s.n} = (...args) => {`,
    () => {
      page.line(`rec(${s.n}, args)`)
      javaScriptBody(page, s.body, dialect)
    },
    '}',
  )

/** @param {Page} page @param {Statement} s @param {Dialect} dialect @param {() => void} use */
function withItems(page, s, dialect, use) {
  for (const item of s.items) if (item.co) coroutine(page, `co${item.n}`, item.co, dialect.inner(item.n))
  const names = s.items.map((/** @type {any} */ item) => (item.co ? `co${item.n}` : literal(item.ref)))
  page.line(`const xs${s.n} = present(${[s.n, ...names].join(', ')})`)
  page.block(`if (xs${s.n}.length > 0) {`, use, '}')
}

/** The dialect of a statement's own function. @param {Dialect} dialect @param {Statement} s */
const inner = (dialect, s) => dialect.inner(/** @type {number} */ (s.n))

/** @param {(s: Statement) => string} call @returns {Printer} */
const on = (call) => (page, s) => page.line(`on(${s.n}, '${s.ref}', (x) => ${call(s)})`)

/** A loop time, or none. @param {number | null} limit */
const deadline = (limit) => (limit === null ? 'null' : `loop.time() + ${limit}`)

/** @param {Page} page @param {Statement} s @param {Dialect} d @param {string} call */
const limited = (page, s, d, call) =>
  page.block(
    `${d.wait} ${call}, ${inner(d, s).head('scope')}`,
    () => {
      page.line(`O.${s.id} = scope`)
      javaScriptBody(page, s.body, inner(d, s))
    },
    '})',
  )

/** @type {Record<string, Printer>} */
const PRINTERS = {
  ...syncJavaScript(javaScriptBody),
  mark: (page, s) => page.line(`rec(${s.n})`),
  soon: (page, s, d) => {
    callback(page, s, d)
    page.line(`O.${s.id} = loop.callSoon(${[`cb${s.n}`, ...s.args].join(', ')})`)
  },
  later: (page, s, d) => {
    callback(page, s, d)
    page.line(`O.${s.id} = loop.callLater(${s.delay}, cb${s.n})`)
  },
  at: (page, s, d) => {
    callback(page, s, d)
    page.line(`O.${s.id} = loop.callAt(loop.time() + ${s.delay}, cb${s.n})`)
  },
  cancelHandle: on(() => 'x.cancel()'),
  handleState: on(() => 'x.cancelled()'),
  setResult: on((s) => `x.setResult(${s.value})`),
  setException: on((s) => `x.setException(${failure(s.error)})`),
  cancel: on((s) => `x.cancel(${message(s.message)})`),
  cancelTask: on((s) => `x.cancel(${message(s.message)})`),
  state: on(() => 'state(x)'),
  result: on(() => 'x.result()'),
  exception: on(() => 'x.exception()'),
  addCallback: on((s) => `x.addDoneCallback(${s.callback})`),
  removeCallback: on((s) => `x.removeDoneCallback(${s.callback})`),
  cancelling: on(() => 'task(x).cancelling()'),
  uncancel: on(() => 'task(x).uncancel()'),
  currentName: (page, s) => page.line(`rec(${s.n}, currentName())`),
  spawn: (page, s, d) => {
    coroutine(page, `co${s.n}`, s.body, inner(d, s))
    page.line(`O.${s.id} = loop.createTask(co${s.n}, { name: '${s.id}' })`)
  },
  groupSpawn: (page, s, d) => {
    coroutine(page, `co${s.n}`, s.body, inner(d, s))
    page.line(`on(${s.n}, '${s.group}', (tg) => keep('${s.id}', tg.createTask(co${s.n}, { name: '${s.id}' })))`)
  },
  makeGather: (page, s, d) =>
    withItems(page, s, d, () =>
      page.line(`O.${s.id} = gather(xs${s.n}, { returnExceptions: ${literal(s.returnExceptions)} })`),
    ),
  makeShield: (page, s, d) => withItems(page, s, d, () => page.line(`O.${s.id} = shield(xs${s.n}[0])`)),
  raise: (page, s) => page.line(`throw ${failure(s.error)}`),
  await: (page, s, d) => page.line(`if (has(${s.n}, '${s.ref}')) rec(${s.n}, ${d.wait} O.${s.ref})`),
  sleep: (page, s, d) => page.line(`rec(${s.n}, ${d.wait} sleep(${s.delay}, ${s.value}))`),
  call: (page, s, d) => {
    coroutine(page, `co${s.n}`, s.body, d)
    page.line(`rec(${s.n}, ${d.wait} co${s.n}())`)
  },
  try: (page, s, d) => {
    page.block('try {', () => javaScriptBody(page, s.body, d))
    if (s.handlers.length > 0) {
      page.block('} catch (e) {', () => {
        for (const handler of s.handlers) {
          page.block(`if (${CATCHES[handler.catches]}) {`, () => {
            page.line(`rec(${handler.n}, e)`)
            javaScriptBody(page, handler.body, d)
            if (handler.then === 'rethrow') page.line('throw e')
            if (handler.then === 'replace') page.line(`throw ${failure(handler.error)}`)
          })
          page.line('} else')
        }
        page.line('throw e')
      })
    }
    if (s.final)
      page.block('} finally {', () => {
        page.line(`rec(${s.n})`)
        javaScriptBody(page, s.final, d)
      })
    page.line('}')
  },
  return: (page, s) => page.line(`return ${s.value}`),
  gather: (page, s, d) =>
    withItems(page, s, d, () =>
      page.line(`rec(${s.n}, ${d.wait} gather(xs${s.n}, { returnExceptions: ${literal(s.returnExceptions)} }))`),
    ),
  wait: (page, s, d) =>
    withItems(page, s, d, () => {
      const timeout = s.limit === null ? '' : `timeout: ${s.limit}, `
      page.line(`rec(${s.n}, sets(${d.wait} wait(xs${s.n}, { ${timeout}returnWhen: '${s.returnWhen}' })))`)
    }),
  waitFor: (page, s, d) =>
    withItems(page, s, d, () => page.line(`rec(${s.n}, ${d.wait} waitFor(xs${s.n}[0], ${s.limit}))`)),
  shield: (page, s, d) => withItems(page, s, d, () => page.line(`rec(${s.n}, ${d.wait} shield(xs${s.n}[0]))`)),
  timeout: (page, s, d) => limited(page, s, d, `timeout(${s.limit}`),
  timeoutAt: (page, s, d) => limited(page, s, d, `timeoutAt(${deadline(s.limit)}`),
  reschedule: on((s) => `x.reschedule(${deadline(s.limit)})`),
  expired: on(() => 'x.expired()'),
  group: (page, s, d) => {
    page.block(
      `${d.wait} taskGroup(${inner(d, s).head('tg')}`,
      () => {
        page.line(`O.${s.id} = tg`)
        javaScriptBody(page, s.body, inner(d, s))
      },
      '})',
    )
    page.line(`rec(${s.n})`)
  },
  repeat: (page, s, d) =>
    page.block(`for (let i = 0; i < ${s.times}; i++) {`, () => javaScriptBody(page, s.body, d), '}'),
  asCompleted: (page, s, d) =>
    withItems(page, s, d, () =>
      page.block(
        `for (const x of asCompleted(xs${s.n}${s.limit === null ? '' : `, { timeout: ${s.limit} }`})) {`,
        () => {
          page.line(
            `try { rec(${s.n}, ${d.wait} x) } catch (e) { if (e instanceof CancelledError) throw e; rec(${s.n}, e) }`,
          )
        },
        '}',
      ),
    ),
  cancelSelf: (page, s) => page.line(`rec(${s.n}, currentTask().cancel(${message(s.message)}))`),
  uncancelSelf: (page, s) => page.line(`rec(${s.n}, currentTask().uncancel())`),
  cancellingSelf: (page, s) => page.line(`rec(${s.n}, currentTask().cancelling())`),
}

/** @param {import('./program.mjs').Program} program @param {Form} form */
export function toJavaScript(program, form) {
  const dialect = DIALECTS[form]
  const page = new Page('  ')
  page.line(`futures(${program.futures})`)
  for (const [name, body] of callbacksOf(program)) {
    page.block(
      `const ${name} = (f) => {`,
      () => {
        page.line(`rec('${name}', f)`)
        javaScriptBody(page, body, dialect)
      },
      '}',
    )
  }
  page.block(
    `const main = ${dialect.head('')}`,
    () => {
      for (const { id, kind, args } of program.resources) page.line(`O.${id} = new ${kind}(${args.join(', ')})`)
      javaScriptBody(page, program.main, dialect)
    },
    '}',
  )
  return page.toString()
}
