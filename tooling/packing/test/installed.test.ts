import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../bootstrap/workspace.mjs'
import { binaryOf } from '../../runtimes/fetch.mjs'
import { makeProject, runTests, startAndEnd } from '../created.mjs'
import { emptyProject, importProblems, installAll, writePrograms } from '../consumer.mjs'
import { examples } from '../examples.mjs'
import { pack, publishedPackages, runsOn } from '../packages.mjs'
import { each } from '../results.mjs'
import { runExample } from '../run-example.mjs'
import { sizes } from '../sizes.mjs'
import { testedRuntimes } from '../tools.mjs'

// All packages from their tarballs in one project outside of the workspace, on the oldest Node, a current one, and Bun.
// npm run test:packages gives each package a project of its own.
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'loop-installed-')))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const packages = publishedPackages()
const place = ({ name }: { name: string }) => join(folder, name.replace('@loop/', ''))

/** Why nothing could be installed: only for want of a network. */
let offline: string | undefined

beforeAll(async () => {
  const files: string[] = []
  await each(packages, async (pkg) => void files.push((await pack(pkg, join(folder, 'tarballs'))).file))
  emptyProject(folder)
  offline = await installAll(files, folder)
  for (const pkg of packages) {
    mkdirSync(place(pkg))
    await writePrograms(pkg, place(pkg))
  }
  // Packing takes five seconds, installing ten with a cache and a minute without.
}, 300_000)

describe.each(testedRuntimes)('on $name', (runtime) => {
  let binary = ''
  /** Why this runtime cannot be had. */
  let missing: string | undefined

  beforeAll(async () => {
    await binaryOf(runtime).then(
      (found) => (binary = found),
      (error: Error) => (missing = error.message),
    )
    // It may have to be fetched: some 50 MB.
  }, 300_000)

  describe.each(packages)('$name', (pkg) => {
    const old = runsOn(pkg, runtime) ? undefined : `it asks for Node ${pkg.since.join('.')}`

    it('is imported and required, with the same names', async (test) => {
      const reason = offline ?? missing ?? old
      if (reason !== undefined) return test.skip(reason)
      expect(await importProblems(binary, place(pkg))).toEqual([])
    }, 60_000)

    it("runs its README's example", async (test) => {
      const example = examples[pkg.name]
      const reason = offline ?? missing ?? old ?? example?.never ?? example?.not?.[runtime.name]
      if (reason !== undefined) return test.skip(reason)
      expect(await runExample(binary, join(place(pkg), 'example.mjs'), example)).toEqual([])
    }, 60_000)
  })
})

describe('a project of npm create @loop', () => {
  let project = ''
  beforeAll(async () => {
    if (offline === undefined)
      project = await makeProject(
        folder,
        join(root, 'node_modules/@types'),
        join(root, 'node_modules/typescript/bin/tsc'),
      )
  }, 120_000)

  it.for(testedRuntimes.filter(({ name }) => name.startsWith('node')))(
    'passes its own tests, answers and ends in order on $name',
    { timeout: 120_000 },
    async (runtime, test) => {
      const binary = offline === undefined ? await binaryOf(runtime).catch((error: Error) => error) : new Error(offline)
      if (binary instanceof Error) return test.skip(binary.message)
      await runTests(binary, project)
      expect(await startAndEnd(binary, project)).toMatchObject({ answer: { primes: 168 }, code: 0 })
    },
  )
})

it('every entry point, minified and compressed, stays below its limit', async () => {
  const all = await sizes()
  expect(all.length).toBeGreaterThan(packages.length)
  expect(all.filter(({ passed }) => !passed)).toEqual([])
}, 60_000)
