import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const packages = fileURLToPath(new URL('../../', import.meta.url))

/** A directory in which a bare Node can import the packages, made from the sources: tests need no build. */
export interface Compiled {
  readonly directory: string
  remove(): void
}

/** Strips the types of packages, core and this one unless others are named, into a directory of their own. */
export function compile(names: readonly string[] = ['core', 'selector-native']): Compiled {
  const directory = mkdtempSync(join(tmpdir(), 'loop-compiled-'))
  for (const name of names) {
    const target = join(directory, 'node_modules', '@loop', name)
    compileTree(join(packages, name, 'src'), join(target, 'src'))
    writeFileSync(
      join(target, 'package.json'),
      JSON.stringify({ name: `@loop/${name}`, type: 'module', exports: compiledExports(name) }),
    )
  }
  return {
    directory,
    remove: () => {
      rmSync(directory, { recursive: true })
    },
  }
}

/** The entries of a package, as its own package.json names their sources. */
function compiledExports(name: string): Record<string, string> {
  const { exports } = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { '@loop/source'?: string }>
  }
  const sources = Object.entries(exports).flatMap(([entry, where]) =>
    typeof where === 'object' && where['@loop/source'] !== undefined
      ? [[entry, where['@loop/source'].replace(/\.ts$/, '.js')] as const]
      : [],
  )
  return Object.fromEntries(sources)
}

function compileTree(from: string, to: string): void {
  for (const entry of readdirSync(from, { recursive: true, encoding: 'utf8' })) {
    if (!entry.endsWith('.ts')) continue
    const file = join(to, entry.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(file), { recursive: true })
    const { outputText } = ts.transpileModule(readFileSync(join(from, entry), 'utf8'), {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2022,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      },
    })
    writeFileSync(file, outputText)
  }
}
