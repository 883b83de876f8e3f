import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type ts from 'typescript'

/** Folder → the name of the package that it is in: linting asks for the same few again and again. */
const packages = new Map<string, string>()

/** The name of the package that a file belongs to, by the nearest package.json with a name; '' when there is none. */
function packageOf(folder: string): string {
  const known = packages.get(folder)
  if (known !== undefined) return known
  const above = dirname(folder)
  const name = nameIn(join(folder, 'package.json')) ?? (above === folder ? '' : packageOf(above))
  packages.set(folder, name)
  return name
}

function nameIn(file: string): string | undefined {
  if (!existsSync(file)) return undefined
  try {
    const { name } = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown }
    return typeof name === 'string' ? name : undefined
  } catch {
    return undefined
  }
}

/** Whether a declaration is one of the packages of Loop. */
export const isOfLoop = (declaration: ts.Declaration): boolean =>
  packageOf(dirname(declaration.getSourceFile().fileName)).startsWith('@loop/')

/** Names that a type of Loop goes by, its base types included: a Task is a Future is an Awaitable. */
export function loopNames(type: ts.Type): ReadonlySet<string> {
  const names = new Set<string>()
  const visit = (each: ts.Type): void => {
    if (each.isUnionOrIntersection()) {
      each.types.forEach(visit)
      return
    }
    const symbol = each.getSymbol()
    if (symbol !== undefined && (symbol.declarations ?? []).some(isOfLoop)) names.add(symbol.name)
    each.getBaseTypes()?.forEach(visit)
    // A generic type such as Task<string> has its base types at the type that it is made of.
    const { target } = each as ts.TypeReference
    if (target !== undefined && target !== each) visit(target)
  }
  visit(type)
  return names
}

/** Whether a value of this type can be awaited, and a loop waits for it: `await` and `yield*` both work. */
export function isLoopAwaitable(type: ts.Type): boolean {
  const names = loopNames(type)
  return ['Awaitable', 'Thenable', 'Future', 'Task'].some((name) => names.has(name))
}

/** Whether it is a generator: a coroutine that does nothing before somebody drives it. */
export const isGenerator = (type: ts.Type): boolean =>
  ['Generator', 'AsyncGenerator'].includes(type.getSymbol()?.name ?? '')

/** Whether it is one of the language's own promises. */
export const isNativePromise = (type: ts.Type): boolean =>
  type.getSymbol()?.name === 'Promise' && !isLoopAwaitable(type)
