/**
 * The programs of workers as they are sent: one script each, which calls nothing that a task could replace.
 *
 * What runs after the start of a worker must not look up what a task can reach: globals, members of built-in modules,
 * methods of built-in objects, iterators. The rules are checked over the scripts themselves.
 */
import { fileURLToPath } from 'node:url'
import { parse, type AnyNode } from 'acorn'
import { analyze, type Scope } from 'eslint-scope'
import { describe, expect, test } from 'vitest'
import { ProcessPoolExecutor, ThreadPoolExecutor } from '../src/index.ts'
import { workerSource } from '../worker-source.mjs'

/** Values, not things that can be replaced. */
const CONSTANTS = new Set(['undefined', 'NaN', 'Infinity', 'arguments'])
/** Errors of the worker's own, made where it gives up. `process` is asked whether its channel is open, and for streams. */
const ASKED_LATE = new Set(['TypeError', 'process', 'globalThis'])
/** Functions that are called while a worker starts, before the first task. */
const AT_START = /^(getter|keepMethods|__copyProps|createSlotTable|createMonotonicClock|begin|guard|keepReading)$/
/** Objects of the worker's own code, whose methods are its own too. */
const OWN =
  /^(this|slots|values|functions|context|scope|replies|seen|copies|numbers|fieldwise|report|waiting|definitions|ready|scopes)\d*$/

/** The names of everything that can be called on a built-in object. */
function builtInMethods(): Set<string> {
  const names = new Set<string>()
  const collect = (object: object): void => {
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(object)))
      if (typeof value === 'function') names.add(key)
  }
  for (const value of Object.values(Object.getOwnPropertyDescriptors(globalThis)).map(
    (each) => each.value as unknown,
  )) {
    if ((typeof value !== 'function' && typeof value !== 'object') || value === null) continue
    collect(value)
    const { prototype } = value as { prototype?: unknown }
    if (typeof prototype === 'object' && prototype !== null) collect(prototype)
  }
  collect(Object.getPrototypeOf(Uint8Array.prototype) as object)
  collect(process)
  for (const name of ['constructor', 'emit', 'on', 'once', 'postMessage', 'ref', 'unref', 'bind']) names.add(name)
  return names
}

const children = (node: AnyNode): AnyNode[] =>
  Object.values(node)
    .flat()
    .filter((each: unknown): each is AnyNode => typeof (each as AnyNode | null)?.type === 'string')

/** The function of AT_START that a node declares, or null. */
function startFunction(node: AnyNode): AnyNode | null {
  const declares =
    (node.type === 'VariableDeclarator' || node.type === 'FunctionDeclaration') &&
    node.id?.type === 'Identifier' &&
    AT_START.test(node.id.name)
  return !declares ? null : node.type === 'VariableDeclarator' ? (node.init ?? null) : node
}

/** What breaks the rules, as it is written in the script. */
function violations(text: string): string[] {
  const program = parse(text, { ecmaVersion: 'latest', sourceType: 'script', ranges: true })
  const found: string[] = []
  const starts = new Set<AnyNode>()
  const methods = builtInMethods()
  const note = (node: { start: number; end: number }, why: string): void => {
    found.push(`${why}: ${text.slice(node.start, node.end).slice(0, 80)}`)
  }
  /** Depth 1 is the function around the whole script: what stands there runs at the start. */
  const walk = (node: AnyNode, depth: number): void => {
    const start = startFunction(node)
    if (start !== null) {
      starts.add(start)
      return
    }
    const inside = /Function/.test(node.type) || node.type === 'StaticBlock' ? depth + 1 : depth
    if (inside > 1) {
      if (node.type === 'ForOfStatement') note(node, 'an iterator')
      if (node.type === 'ArrayPattern') note(node, 'an array pattern')
      if (node.type === 'CallExpression' || node.type === 'NewExpression' || node.type === 'ArrayExpression') {
        const parts = node.type === 'ArrayExpression' ? node.elements : node.arguments
        if (parts.some((each) => each?.type === 'SpreadElement')) note(node, 'a spread')
      }
      if (node.type === 'CallExpression' && node.callee.type === 'MemberExpression') {
        const { object, property } = node.callee
        const target = object.type === 'MemberExpression' ? object.property : object
        const own = target.type === 'ThisExpression' || ('name' in target && OWN.test(target.name as string))
        if (property.type === 'Identifier' && methods.has(property.name) && !own) note(node, 'a method')
      }
      if (
        node.type === 'MemberExpression' &&
        node.object.type === 'Identifier' &&
        /^import_|^(threads|fs|v8)/.test(node.object.name)
      )
        note(node, 'a member of a module')
    }
    for (const child of children(node)) walk(child, inside)
  }
  walk(program, 0)
  const [global] = analyze(program as never, { ecmaVersion: 2022, sourceType: 'script' }).scopes
  for (const { identifier, from } of global!.through) {
    let depth = 0
    for (let scope: Scope | null = from; scope !== null; scope = scope.upper) {
      if (scope.type === 'function') depth++
      if (starts.has(scope.block as AnyNode)) depth = -Infinity
    }
    if (depth > 1 && !CONSTANTS.has(identifier.name) && !ASKED_LATE.has(identifier.name))
      found.push(`a global: ${identifier.name}`)
  }
  return [...new Set(found)]
}

const textOf = async (name: string): Promise<string> =>
  (await workerSource(fileURLToPath(new URL(`../src/worker/${name}.ts`, import.meta.url)))).text

describe.each(['thread-main', 'process-main'])('%s', (name) => {
  test('calls nothing that a task can replace', async () => {
    expect(violations(await textOf(name))).toEqual([])
  })

  test('is whole: it requires nothing but built-in modules', async () => {
    const required = [...(await textOf(name)).matchAll(/require\("([^"]+)"\)/g)].map(([, module]) => module)
    expect(required.length).toBeGreaterThan(2)
    expect(required.filter((module) => !module!.startsWith('node:'))).toEqual([])
  })
})

test('the rules find what they are for', () => {
  const program = (late: string): string =>
    `(function (require) { const list = []; function late(value) { ${late} } })()`
  expect(violations(program('return list.length === value'))).toEqual([])
  for (const late of [
    'list.push(value)',
    'for (const each of list) value(each)',
    'const [first] = list; return first',
    'value(...list)',
    'return [...list]',
    'Atomics.load(value, 0)',
    'return JSON',
    'queueMicrotask(value)',
  ])
    expect(violations(program(late)), late).not.toEqual([])
})

test.each([
  { name: 'threads', main: 'thread-main', make: () => new ThreadPoolExecutor({ maxWorkers: 1 }) },
  { name: 'processes', main: 'process-main', make: () => new ProcessPoolExecutor({ maxWorkers: 1 }) },
])('$name: stack traces name the function’s text and the worker’s program', async ({ main, make }) => {
  await using pool = make()
  function broken(): never {
    throw new Error('here')
  }
  const { stack } = await pool.submit(broken).then(
    () => new Error(),
    (error: unknown) => error as Error,
  )
  expect(stack).toMatch(/at broken \(@loop\/executor\/tasks\/broken\.js:\d+:\d+\)/)
  expect(stack).toMatch(new RegExp(`at runS?C?\\w* .*@loop/executor/${main}\\.js:\\d+:\\d+`))
  expect(stack).not.toMatch(/worker eval|evalmachine|eval at/)
})
