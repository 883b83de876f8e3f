import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { errorsIn, folderOfSources } from '../compiler.mjs'
import { blocksOf, exportedNames, pages, sourceOf, type Block } from '../documentation.mjs'
import { isProgram } from '../readme.mjs'

const folder = folderOfSources()
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

const errorsOf = (blocks: readonly Block[]) => errorsIn(new Map(blocks.map((block) => [write(block), block.page])))

/** Runs a program over the packages' sources and returns the lines that it printed; rejects when it fails. */
async function linesOf(block: Block): Promise<string[]> {
  const args = [
    '--conditions=@loop/source',
    '--import',
    import.meta.resolve('@loop/test-kit/strip-types'),
    write(block),
  ]
  // Twenty seconds: a program in the documentation that takes longer is none for a reader.
  return (await promisify(execFile)(process.execPath, args, { timeout: 20_000 })).stdout.trimEnd().split('\n')
}

const blocks = pages().flatMap((page) => blocksOf(page))
// Those of the READMEs are run by the tests of their packages, and from the tarballs.
const programs = blocks.filter(
  ({ page, code, file }) =>
    page.startsWith('docs/') && isProgram(code) && file === undefined && !code.includes("from 'vitest'"),
)

describe('the TypeScript of the pages', () => {
  it('compiles, fragments with what their reader is supposed to have', () => {
    expect(errorsOf(blocks)).toEqual([])
  }, 120_000)

  it.each(programs)(
    'runs: $page, line $line',
    async (block) => {
      const printed = await linesOf(block)
      if (block.prints !== undefined) expect(printed).toEqual(block.prints)
    },
    30_000,
  )
})

const page = (markdown: string) => blocksOf('docs/test.md', markdown)

describe('the check', () => {
  it('tells programs from fragments, and reads what is given and printed', () => {
    const markdown =
      "text\n```ts\nimport { run } from '@loop/core'\n```\n\n```text\na\nb\n```\n```sh\nls\n```\n<!-- given: declare const x: string -->\n```ts\nx.at(0)\n```\n<!-- file: a.ts -->\n```ts\nexport {}\n```\n"
    expect(
      page(markdown).map(({ line, file, given, prints, code }) => [line, file, given, prints, isProgram(code)]),
    ).toEqual([
      [3, undefined, '', ['a', 'b'], true],
      [15, undefined, 'declare const x: string', undefined, false],
      [19, 'a.ts', '', undefined, false],
    ])
  })

  it('sees wrong types, in programs and in fragments, at their lines', () => {
    const wrong =
      "one\n```ts\nimport { sleep } from '@loop/core'\nsleep('x')\n```\n<!-- given: declare const ms: number -->\n```ts\nawait sleep(ms)\nawait sleep(nobody)\n```\n"
    expect(errorsOf(page(wrong))).toEqual([
      "docs/test.md:4: Argument of type 'string' is not assignable to parameter of type 'number'.",
      "docs/test.md:9: Cannot find name 'nobody'.",
    ])
  }, 120_000)

  it('sees a program fail', async () => {
    const [broken, sound] = page(
      "```ts\nimport { run } from '@loop/core'\nawait run(async () => { throw new Error('broken') })\n```\n```ts\nimport { run, sleep } from '@loop/core'\nconsole.log(await run(async () => await sleep(1, 'awake')))\n```\n",
    )
    await expect(linesOf(broken!)).rejects.toThrow(/broken/)
    expect(await linesOf(sound!)).toEqual(['awake'])
  }, 30_000)
})
