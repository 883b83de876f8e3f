import { ASTUtils, type TSESLint, type TSESTree } from '@typescript-eslint/utils'
import { createRule } from './rule.ts'

/** Modules of Node whose functions that end in "Sync" hold the thread for as long as the system takes. */
const MODULES = new Set(['fs', 'child_process', 'zlib', 'crypto'])

/** Methods of a loop that run a function as a handle, of groups and of `run`: what is passed to them runs on the loop. */
const ON_THE_LOOP = new Set([
  'createTask',
  'callSoon',
  'callSoonThreadsafe',
  'callLater',
  'callAt',
  'run',
  'runUntilComplete',
  'taskGroup',
  'timeout',
  'timeoutAt',
  'addSignalHandler',
  'addReader',
  'addWriter',
])

/** What takes a function elsewhere: a thread, a process. */
const ELSEWHERE = new Set(['toThread', 'runInExecutor', 'submit', 'map', 'defineTask', 'preload'])

type Node = TSESTree.Node
type Function = TSESTree.FunctionDeclaration | TSESTree.FunctionExpression | TSESTree.ArrowFunctionExpression

/** A call that holds the thread, in code that the loop runs. */
export const noBlockingInTask = createRule({
  name: 'no-blocking-in-task',
  meta: {
    type: 'problem',
    docs: { description: 'Code that the loop runs must not call what holds the thread' },
    messages: {
      blocks:
        '{{name}} holds the thread, and with it every other task: {{instead}}, or run it in a pool, await toThread(…).',
    },
    schema: [
      {
        type: 'object',
        additionalProperties: false,
        properties: {
          allow: {
            type: 'array',
            items: { type: 'string' },
            uniqueItems: true,
            description: 'names of functions that may be called, such as existsSync',
          },
        },
      },
    ],
  },
  defaultOptions: [{ allow: [] as string[] }],
  create(context, [{ allow }]) {
    return {
      CallExpression(node) {
        const name = blockingName(node, context.sourceCode)
        if (name === undefined || allow.includes(name) || !runsOnLoop(node)) return
        const instead =
          name === 'Atomics.wait'
            ? 'use Atomics.waitAsync'
            : `await ${name.replace(/Sync$/, '')} of node:${moduleFor(name)}`
        context.report({ node, messageId: 'blocks', data: { name, instead } })
      },
    }
  },
})

const moduleFor = (name: string): string =>
  /^(exec|spawn)/.test(name)
    ? 'child_process'
    : /(zip|inflate|deflate|brotli|zstd)/i.test(name)
      ? 'zlib'
      : /^(pbkdf2|scrypt|hkdf|generate|random|check)/.test(name)
        ? 'crypto'
        : 'fs/promises'

/** The name of what a call blocks by; undefined when it blocks by nothing that is known. */
function blockingName(
  { callee }: TSESTree.CallExpression,
  sourceCode: Readonly<TSESLint.SourceCode>,
): string | undefined {
  const scope = sourceCode.getScope(callee)
  if (callee.type === 'Identifier') {
    const imported = importOf(callee, scope)
    const name = imported?.specifier.type === 'ImportSpecifier' ? nameOf(imported.specifier.imported) : undefined
    return name?.endsWith('Sync') === true ? name : undefined
  }
  if (callee.type !== 'MemberExpression') return undefined
  const property = callee.property.type === 'Identifier' && !callee.computed ? callee.property.name : undefined
  if (property === undefined) return undefined
  if (callee.object.type === 'Identifier') {
    const { name } = callee.object
    if (name === 'Atomics' && property === 'wait' && ASTUtils.findVariable(scope, name)?.defs.length === 0)
      return 'Atomics.wait'
    if (property.endsWith('Sync') && importOf(callee.object, scope) !== undefined) return property
  }
  return property.endsWith('Sync') && isBuiltinModule(callee.object) ? property : undefined
}

const nameOf = (node: TSESTree.Identifier | TSESTree.StringLiteral): string =>
  node.type === 'Identifier' ? node.name : node.value

const isBlockingModule = (source: unknown): boolean =>
  typeof source === 'string' && MODULES.has(source.replace(/^node:/, ''))

/** How a name was imported from one of the modules. */
function importOf(identifier: TSESTree.Identifier, scope: TSESLint.Scope.Scope) {
  for (const { node, parent } of ASTUtils.findVariable(scope, identifier)?.defs ?? []) {
    if (parent?.type === 'ImportDeclaration' && isBlockingModule(parent.source.value))
      return { specifier: node as TSESTree.ImportClause }
  }
  return undefined
}

/** `require('fs')`, `process.getBuiltinModule('fs')`. */
function isBuiltinModule(node: TSESTree.Expression): boolean {
  if (node.type !== 'CallExpression' || node.arguments[0]?.type !== 'Literal') return false
  const { callee } = node
  const name =
    callee.type === 'Identifier'
      ? callee.name
      : callee.type === 'MemberExpression' && callee.property.type === 'Identifier'
        ? callee.property.name
        : ''
  return ['require', 'getBuiltinModule'].includes(name) && isBlockingModule(node.arguments[0].value)
}

/**
 * Whether code runs while a loop runs: in an async or a generator function, or in one that the loop is given. What a pool
 * is given runs elsewhere, and the top level of a module runs before.
 */
function runsOnLoop(node: Node): boolean {
  for (let each: Node | null | undefined = node.parent; each; each = each.parent) {
    if (!isFunction(each)) continue
    const taker = nameOfTaker(each)
    if (taker !== undefined && ELSEWHERE.has(taker)) return false
    if (each.async || each.generator || (taker !== undefined && ON_THE_LOOP.has(taker))) return true
  }
  return false
}

const isFunction = (node: Node): node is Function =>
  ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'].includes(node.type)

/** The function or method that a function is an argument of. */
function nameOfTaker(node: Function): string | undefined {
  const { parent } = node
  if (parent.type !== 'CallExpression' || !parent.arguments.includes(node as TSESTree.Expression)) return undefined
  const { callee } = parent
  if (callee.type === 'Identifier') return callee.name
  return callee.type === 'MemberExpression' && callee.property.type === 'Identifier' ? callee.property.name : undefined
}
