import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import ts from 'typescript'
import { afterAll, describe, expect, it } from 'vitest'
import { root } from '../../bootstrap/workspace.mjs'
import { blocksOf, exportedNames, pages, sourceOf, type Block } from '../documentation.mjs'
import { isProgram } from '../readme.mjs'

// Below node_modules of this package, whose dependencies are all packages.
const place = join(root, 'tooling', 'packing', 'node_modules')
mkdirSync(place, { recursive: true })
const folder = mkdtempSync(join(place, '.documentation-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const names = exportedNames()
const folderOf = (page: string) => page.replace(/\W+/g, '-')

/** Writes a block as a file; those of one page share a folder, so that one can import another. */
function write(block: Block): string {
  const path = join(folder, folderOf(block.page), block.file ?? `line-${block.line}.ts`)
  mkdirSync(join(folder, folderOf(block.page)), { recursive: true })
  writeFileSync(path, sourceOf(block, names))
  return path
}

const options: ts.CompilerOptions = {
  strict: true, noEmit: true, skipLibCheck: true, target: ts.ScriptTarget.ES2022, lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, types: ['node'], typeRoots: [join(root, 'node_modules/@types')],
  allowImportingTsExtensions: true, customConditions: ['@loop/source'],
}

/** The compiler's errors in these files, "page:line: what". */
function errorsIn(blocks: readonly Block[]): string[] {
  const files = new Map(blocks.map((block) => [write(block), block.page]))
  const program = ts.createProgram([...files.keys()], options)
  return [...files].flatMap(([path, page]) => {
    const file = program.getSourceFile(path)
    const found = file === undefined ? [] : [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
    return found.map(({ start = 0, messageText }) => {
      const line = file!.getLineAndCharacterOfPosition(start).line + 1
      return `${page}:${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
    })
  })
}

/** Runs a program over the packages' sources and returns the lines that it printed; rejects when it fails. */
async function linesOf(block: Block): Promise<string[]> {
  const args = ['--conditions=@loop/source', '--import', import.meta.resolve('@loop/test-kit/strip-types'), write(block)]
  // Twenty seconds: a program in the documentation that takes longer is none for a reader.
  return (await promisify(execFile)(process.execPath, args, { timeout: 20_000 })).stdout.trimEnd().split('\n')
}

const blocks = pages().flatMap((page) => blocksOf(page))
// Those of the READMEs are run by the tests of their packages, and from the tarballs.
const programs = blocks.filter(({ page, code, file }) => page.startsWith('docs/') && isProgram(code) && file === undefined && !code.includes("from 'vitest'"))

describe('the TypeScript of the pages', () => {
  it('compiles, fragments with what their reader is supposed to have', () => {
    expect(errorsIn(blocks)).toEqual([])
  }, 120_000)

  it.each(programs)('runs: $page, line $line', async (block) => {
    const printed = await linesOf(block)
    if (block.prints !== undefined) expect(printed).toEqual(block.prints)
  }, 30_000)
})

const page = (markdown: string) => blocksOf('docs/test.md', markdown)

describe('the check', () => {
  it('tells programs from fragments, and reads what is given and printed', () => {
    const markdown = "text\n```ts\nimport { run } from '@loop/core'\n```\n\n```text\na\nb\n```\n```sh\nls\n```\n<!-- given: declare const x: string -->\n```ts\nx.at(0)\n```\n<!-- file: a.ts -->\n```ts\nexport {}\n```\n"
    expect(page(markdown).map(({ line, file, given, prints, code }) => [line, file, given, prints, isProgram(code)])).toEqual([
      [3, undefined, '', ['a', 'b'], true],
      [15, undefined, 'declare const x: string', undefined, false],
      [19, 'a.ts', '', undefined, false],
    ])
  })

  it('sees wrong types, in programs and in fragments, at their lines', () => {
    const wrong = "one\n```ts\nimport { sleep } from '@loop/core'\nsleep('x')\n```\n<!-- given: declare const ms: number -->\n```ts\nawait sleep(ms)\nawait sleep(nobody)\n```\n"
    expect(errorsIn(page(wrong))).toEqual([
      "docs/test.md:4: Argument of type 'string' is not assignable to parameter of type 'number'.",
      "docs/test.md:9: Cannot find name 'nobody'.",
    ])
  }, 120_000)

  it('sees a program fail', async () => {
    const [broken, sound] = page("```ts\nimport { run } from '@loop/core'\nawait run(async () => { throw new Error('broken') })\n```\n```ts\nimport { run, sleep } from '@loop/core'\nconsole.log(await run(async () => await sleep(1, 'awake')))\n```\n")
    await expect(linesOf(broken!)).rejects.toThrow(/broken/)
    expect(await linesOf(sound!)).toEqual(['awake'])
  }, 30_000)
})
