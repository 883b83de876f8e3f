/**
 * Turns a module of the package into one whose functions stop before each atomic operation: the code that is explored
 * is the code that runs, not a copy of it.
 *
 * Methods become generators, and calls of them, of atomic operations and of callbacks delegate to them.
 */
import { readFileSync } from 'node:fs'
import { parse, type AnyNode } from 'acorn'
import { transformSync } from 'esbuild'
import type { Memory } from './loom.ts'

/** A method as it is in the steppable module. */
export type Steps<A extends unknown[], R> = (...args: A) => Generator<(() => boolean) | undefined, R>

const ATOMICS = ['load', 'store', 'exchange', 'compareExchange']

/** The source of a module, for `steppable`; `edit` plants a fault. */
export function sourceOf(file: URL, edit?: readonly [from: string, to: string]): string {
  const text = readFileSync(file, 'utf8')
  edit ??= mistakeIn(file)
  if (edit === undefined) return text
  if (text.split(edit[0]).length !== 2) throw new Error(`not once in ${file.pathname}: ${edit[0]}`)
  return text.replace(edit[0], edit[1])
}

/** The mistake that `npm run mutants` wants in a file; it makes those in modules that are imported by itself. */
function mistakeIn(file: URL): readonly [from: string, to: string] | undefined {
  const mutant = process.env['LOOP_MUTANT']
  if (mutant === undefined) return undefined
  const wanted = JSON.parse(mutant) as { file: string; from: string; to: string }
  return file.pathname.endsWith(`/${wanted.file}`) ? [wanted.from, wanted.to] : undefined
}

/** The exports of a module in TypeScript whose only imports are atomic operations and types. */
export function steppable(source: string): (memory: Memory) => Record<string, new (...args: never[]) => unknown> {
  const { code } = transformSync(source, { loader: 'ts', target: 'es2022', format: 'esm' })
  const program = parse(code, { ecmaVersion: 'latest', sourceType: 'module' })
  const edits: { at: number; end: number; text: string }[] = []
  const names: string[] = []
  const walk = (node: AnyNode): void => {
    if (node.type === 'ImportDeclaration') {
      edits.push({ at: node.start, end: node.end, text: '' })
      return
    }
    if (node.type === 'ExportNamedDeclaration') {
      for (const { exported } of node.specifiers) if (exported.type === 'Identifier') names.push(exported.name)
      if (node.declaration == null) edits.push({ at: node.start, end: node.end, text: '' })
    }
    if (node.type === 'MethodDefinition' && node.kind === 'method')
      edits.push({ at: node.key.start, end: node.key.start, text: '*' })
    if (node.type === 'CallExpression') {
      edits.push({ at: node.start, end: node.start, text: '(yield* ' })
      edits.push({ at: node.end, end: node.end, text: ')' })
    }
    for (const child of Object.values(node).flat() as (AnyNode | null)[]) {
      if (typeof child?.type === 'string') walk(child)
    }
  }
  walk(program)
  let text = code
  // From the end, so that places stay right; of two at one place, the outer one's end was noted later.
  const sorted = edits.map((edit, index) => ({ ...edit, index })).sort((a, b) => b.at - a.at || a.index - b.index)
  for (const { at, end, text: part } of sorted) text = text.slice(0, at) + part + text.slice(end)
  const make = new Function(...ATOMICS, `${text}\nreturn { ${names.join(', ')} }`) as (
    ...atomics: unknown[]
  ) => Record<string, new (...args: never[]) => unknown>
  return (memory) =>
    make(
      (array: Int32Array, index: number) => memory.atomic(array, index, () => null),
      (array: Int32Array, index: number, value: number) => memory.atomic(array, index, () => value),
      (array: Int32Array, index: number, value: number) => memory.atomic(array, index, () => value),
      (array: Int32Array, index: number, wanted: number, value: number) =>
        memory.atomic(array, index, (before) => (before === wanted ? value : null)),
    )
}
