import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build, transform } from 'esbuild'
import { afterAll, describe, expect, it } from 'vitest'
import { root } from '../../bootstrap/workspace.mjs'
import { isProgram, typeScriptBlocks } from '../readme.mjs'

const folder = mkdtempSync(join(tmpdir(), 'loop-documentation-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const documentation = join(root, 'docs')
const blocks = readdirSync(documentation).filter((name) => name.endsWith('.md')).flatMap((page) =>
  typeScriptBlocks(readFileSync(join(documentation, page), 'utf8')).map((code, i) => ({ code, name: `docs/${page}, block ${i + 1}` })),
)

/** Runs a program against the packages' sources and returns what it printed; rejects when it fails. */
async function runProgram(code: string, name: string): Promise<string> {
  const script = join(folder, `${name.replace(/\W+/g, '-')}.mjs`)
  await build({
    // The demo depends on every package, so its folder is where all names resolve.
    stdin: { contents: code, loader: 'ts', resolveDir: join(root, 'apps', 'demo') },
    bundle: true, platform: 'node', format: 'esm', target: 'node20', conditions: ['@loop/source'], outfile: script, logLevel: 'silent',
  })
  // Twenty seconds: a program in the documentation that takes longer is none for a reader.
  return (await promisify(execFile)(process.execPath, [script], { timeout: 20_000 })).stdout
}

describe('the TypeScript of the guide', () => {
  it.each(blocks)('parses: $name', async ({ code }) => {
    // A fragment may stand inside of a coroutine, so both are tried.
    await expect(transform(code, { loader: 'ts' }).catch(() => transform(`async () => {${code}}`, { loader: 'ts' }))).resolves.toBeDefined()
  })

  it('runs where it is a whole program', async () => {
    const failures: string[] = []
    for (const { code, name } of blocks.filter((block) => isProgram(block.code))) {
      await runProgram(code, name).catch((error: unknown) => failures.push(`${name}: ${String(error)}`))
    }
    expect(failures).toEqual([])
  }, 120_000)

  it('would be seen to fail', async () => {
    await expect(runProgram("import { run } from '@loop/core'\nawait run(async () => { throw new Error('broken') })", 'broken')).rejects.toThrow(/broken/)
    const printed = await runProgram("import { run, sleep } from '@loop/core'\nconsole.log(await run(async () => await sleep(1, 'awake')))", 'sound')
    expect(printed).toBe('awake\n')
  })
})

describe('what counts as a program', () => {
  const markdown = "text\n```ts\nimport { run } from '@loop/core'\nawait run(main)\n```\n```sh\nls\n```\n```ts\ntask.cancel()\n```\n"

  it('is a block of TypeScript that imports what it uses', () => {
    expect(typeScriptBlocks(markdown).map(isProgram)).toEqual([true, false])
  })
})
