/** Decides whether a function may travel as its source text, and says what to do when it may not. */
import { parseExpressionAt, type Function as FunctionNode, type Node } from 'acorn'
import type { AnyFunction } from '@loop/core'
import { NotSerializableError } from '../errors.ts'
import { knownGlobals } from './known-globals.ts'
import { tiesOf, type Ties } from './free-variables.ts'

/** Only CommonJS modules have them, and workers run none. */
const COMMON_JS = new Set(['require', 'module', 'exports', '__filename', '__dirname'])

const REMEDY =
  'Pass what it needs as arguments, or export the function from a module and submit it through moduleTasks or defineTask.'

/** The source with which a worker can make the function again, or the reason why it cannot. */
export function analyse(fn: AnyFunction): { source: string; strict: boolean } | NotSerializableError {
  const title = fn.name === '' ? 'an anonymous function' : `function ${fn.name}`
  const text = Function.prototype.toString.call(fn)
  if (text.startsWith('class'))
    return new NotSerializableError(
      `cannot ship ${title}: it is a class. Submit a function that uses the class inside.`,
    )
  if (/\{\s*\[native code\]\s*\}$/.test(text)) return native(fn, title)
  const parsed = parse(text)
  if (parsed === null) {
    return new NotSerializableError(
      `cannot ship ${title}: its source cannot be parsed by itself (a private name of its class, perhaps). ${REMEDY}`,
    )
  }
  const ties = tiesOf(parsed.node, parsed.strict)
  const captured = ties.free.filter((name) => !knownGlobals.has(name))
  if (captured.length > 0 || ties.others.length > 0) return tied(title, captured, ties)
  return { source: parsed.source, strict: parsed.strict }
}

function native(fn: AnyFunction, title: string): NotSerializableError {
  const remedy = 'Wrap the call: (x) => Math.sqrt(x), say.'
  return fn.name.startsWith('bound ')
    ? new NotSerializableError(
        `cannot ship ${title}: it is a bound function, whose target has no source here. ${REMEDY}`,
      )
    : new NotSerializableError(`cannot ship ${title}: it is a native function. ${remedy}`)
}

function tied(title: string, captured: readonly string[], ties: Ties): NotSerializableError {
  const reasons: string[] = []
  if (captured.length > 0)
    reasons.push(`it uses ${captured.map((name) => `\`${name}\``).join(', ')} from the scope around it`)
  if (ties.others.length > 0)
    reasons.push(`it uses ${ties.others.map((tie) => `\`${tie}\``).join(', ')}, which means something else in a worker`)
  const hint = captured.some((name) => COMMON_JS.has(name))
    ? " Built-in modules are there as process.getBuiltinModule('node:fs')."
    : ''
  return new NotSerializableError(`cannot ship ${title}: ${reasons.join(', and ')}. ${REMEDY}${hint}`, { captured })
}

interface Parsed {
  readonly node: FunctionNode
  /** An expression whose value is the function. */
  readonly source: string
  readonly strict: boolean
}

/** As module code first, which most code is; sloppy code that is no valid module code second. */
function parse(text: string): Parsed | null {
  return parseAs(text, true) ?? parseAs(text, false)
}

function parseAs(text: string, strict: boolean): Parsed | null {
  return (
    asExpression(text, strict) ?? asMember(text, strict, '') ?? asMember(text.replace(/^static\s+/, ''), strict, '')
  )
}

function asExpression(text: string, strict: boolean): Parsed | null {
  const node = tryParse(`(${text}\n)`, strict)
  return node !== null && isFunction(node) ? { node, source: text, strict } : null
}

/** Methods, getters and setters print without `function`; as a member of an object literal they can be made again. */
function asMember(text: string, strict: boolean, _none: string): Parsed | null {
  const node = tryParse(`({${text}\n})`, strict)
  if (node === null) return null
  const property = (
    node as unknown as {
      properties?: { key: { name?: string; value?: unknown }; computed: boolean; kind: string; value: FunctionNode }[]
    }
  ).properties?.[0]
  if (property === undefined || property.computed || property.kind !== 'init') return null
  const key = JSON.stringify(property.key.name ?? property.key.value)
  return { node: property.value, source: `({${text}\n})[${key}]`, strict }
}

function isFunction(node: Node): node is FunctionNode {
  return node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression'
}

function tryParse(code: string, strict: boolean): Node | null {
  try {
    return parseExpressionAt(code, 0, {
      ecmaVersion: 'latest',
      sourceType: strict ? 'module' : 'script',
      allowSuperOutsideMethod: true,
    })
  } catch {
    return null
  }
}
