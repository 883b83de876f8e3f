// node check/functions.mjs: examines the functions of every installed dependency, and compares what the analysis finds
// with what eslint-scope finds. Prints the differences; exits with 1 when a capture was missed.
import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, parseExpressionAt } from 'acorn'
import { analyze } from 'eslint-scope'
import { build } from 'esbuild'

/** Enough to be sure, and done in a minute. */
const FILES = 1500
/** Files beyond this are bundles and data. */
const LARGEST = 400_000

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const require = createRequire(import.meta.url)

/** The analysis is TypeScript; it is compiled in memory. */
const compiled = await build({
  entryPoints: [here('../src/functions/free-variables.ts')],
  bundle: true,
  format: 'esm',
  write: false,
  platform: 'node',
})
const { tiesOf } = await import(
  `data:text/javascript;base64,${Buffer.from(compiled.outputFiles[0].text).toString('base64')}`
)

const sources = function* (folder, seen = new Set()) {
  const real = realpathSync(folder)
  if (seen.has(real)) return
  seen.add(real)
  for (const entry of readdirSync(real, { withFileTypes: true })) {
    const path = join(real, entry.name)
    if (entry.isDirectory()) yield* sources(path, seen)
    else if (/\.(c|m)?js$/.test(entry.name) && !entry.isSymbolicLink()) yield path
  }
}

const parseFile = (text) => {
  for (const sourceType of ['module', 'script']) {
    try {
      return parse(text, { ecmaVersion: 'latest', sourceType, allowHashBang: true, allowReturnOutsideFunction: true })
    } catch {
      continue
    }
  }
  return null
}

const isNode = (value) => typeof value === 'object' && value !== null && typeof value.type === 'string'

const functionsOf = function* (node) {
  if (/^(FunctionExpression|FunctionDeclaration|ArrowFunctionExpression)$/.test(node.type)) yield node
  for (const value of Object.values(node)) {
    if (Array.isArray(value))
      for (const each of value) {
        if (isNode(each)) yield* functionsOf(each)
      }
    else if (isNode(value)) yield* functionsOf(value)
  }
}

/** As the package does it: module code first. */
const parseFunction = (text) => {
  for (const sourceType of ['module', 'script']) {
    try {
      const node = parseExpressionAt(`(${text}\n)`, 0, {
        ecmaVersion: 'latest',
        sourceType,
        allowSuperOutsideMethod: true,
        ranges: true,
      })
      return { node, strict: sourceType === 'module' }
    } catch {
      continue
    }
  }
  return null
}

/** What eslint-scope leaves unresolved. */
const judge = (text, strict) => {
  const code = `(${text}\n)`
  const program = parse(code, {
    ecmaVersion: 'latest',
    sourceType: strict ? 'module' : 'script',
    allowSuperOutsideMethod: true,
    ranges: true,
    locations: true,
  })
  const manager = analyze(program, { ecmaVersion: 2022, sourceType: strict ? 'module' : 'script' })
  const global = manager.scopes[0]
  return new Set(global.through.map(({ identifier }) => identifier.name))
}

let files = 0
let functions = 0
let different = 0
let missed = 0
const root = join(require.resolve('acorn'), '../../../../..')
for (const path of sources(root)) {
  if (files >= FILES) break
  const text = readFileSync(path, 'utf8')
  if (text.length > LARGEST) continue
  const program = parseFile(text)
  if (program === null) continue
  files++
  for (const each of functionsOf(program)) {
    const source = text.slice(each.start, each.end)
    const parsed = parseFunction(source)
    if (parsed === null || !/Function/.test(parsed.node.type)) continue
    functions++
    const ours = new Set(tiesOf(parsed.node, parsed.strict).free)
    const others = tiesOf(parsed.node, parsed.strict).others
    let theirs
    try {
      theirs = judge(source, parsed.strict)
    } catch {
      continue
    }
    theirs.delete('arguments')
    ours.delete('arguments')
    const lost = [...theirs].filter((name) => !ours.has(name))
    const invented = [...ours].filter((name) => !theirs.has(name))
    if (lost.length === 0 && invented.length === 0) continue
    different++
    // Code whose names cannot be known is refused as a whole, whatever names are found.
    const refused = others.includes('eval(…)') || others.includes('with (…)')
    if (lost.length > 0 && !refused) missed++
    if (different <= 20)
      console.log(
        `${path}: ${source.slice(0, 80).replaceAll('\n', ' ')} … missed ${lost.join(', ') || 'nothing'}; only ours ${invented.join(', ') || 'nothing'}${refused ? ' (refused)' : ''}`,
      )
  }
}
console.log(`${functions} functions of ${files} files: ${different} differences, ${missed} captures missed`)
process.exitCode = missed > 0 || functions < 10_000 ? 1 : 0
