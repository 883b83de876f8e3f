import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import { CommandError, execute, node } from '../../bootstrap/stage.mjs'
import { emptyProject, installAll } from '../consumer.mjs'
import { pack, publishedPackages, type Tarball } from '../packages.mjs'
import { targets } from '../../../packages/selector-native/scripts/targets.mjs'

// The native package as users get it, on machines that it has a binary for and on others.
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'loop-native-')))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const needed = ['@loop/runtime', ...publishedPackages().find(({ name }) => name === '@loop/runtime')!.needs]
const prebuilt = `prebuilds/${process.platform}-${process.arch}/loop_native.node`
const installed = join(folder, 'node_modules', '@loop', 'selector-native')
let tarball: Tarball
let offline: string | undefined

beforeAll(async () => {
  const tarballs: Tarball[] = []
  for (const pkg of publishedPackages().filter(({ name }) => needed.includes(name))) {
    tarballs.push(await pack(pkg, join(folder, 'tarballs')))
    if (pkg.name === '@loop/selector-native') tarball = tarballs.at(-1)!
  }
  emptyProject(folder)
  offline = await installAll(
    tarballs.map(({ file }) => file),
    folder,
  )
  copyFileSync(new URL('../fallback.mjs', import.meta.url), join(folder, 'fallback.mjs'))
}, 300_000)

interface Finding {
  readonly support: { readonly supported: boolean; readonly reason?: string }
  readonly selector: string
  readonly answer: string
  readonly sum: number
  readonly warnings: readonly string[]
}

/** Runs the program with these arguments of Node; without a PATH, so that no compiler could be found. */
async function find(test: TestContext, ...args: string[]): Promise<Finding> {
  if (offline !== undefined) test.skip(offline)
  const output = await node([...args, join(folder, 'fallback.mjs')], { env: { ...process.env, PATH: '' } })
  return JSON.parse(output.split('\n').find((line) => line.startsWith('{'))!) as Finding
}

/** It said why, once; and everything worked on the polling selector. */
function expectFallback({ support, selector, answer, sum, warnings }: Finding, reason: RegExp): void {
  expect({ supported: support.supported, selector, answer, sum }).toEqual({
    supported: false,
    selector: 'poll',
    answer: 'hello\n',
    sum: 3,
  })
  expect(support.reason).toMatch(reason)
  expect(warnings).toEqual([`the native selector is not available (${support.reason}); using @loop/selector-poll`])
}

describe('the tarball', () => {
  it('holds a binary for every system, and no install script', () => {
    const binaries = tarball.contents.filter((path) => path.endsWith('.node')).sort()
    expect(binaries).toEqual(targets.map(({ name }) => `prebuilds/${name}/loop_native.node`).sort())
    expect(tarball.manifest).not.toHaveProperty('scripts')
  })

  it('is no larger than 400 KB, with eight binaries and their sources', () => {
    expect(statSync(tarball.file).size).toBeLessThan(400_000)
  })

  it('holds all sources: the binary can be built from them', async (test) => {
    if (offline !== undefined || process.platform === 'win32')
      return test.skip(offline ?? 'the script is for compilers that go by the name of cc')
    if (
      !(await execute(process.env.CC ?? 'cc', ['--version']).then(
        () => true,
        () => false,
      ))
    )
      return test.skip('there is no C compiler')
    const built = join(folder, 'built.node')
    try {
      await node([join(installed, 'scripts', 'build.mjs'), '--out', built])
    } catch (error) {
      if (error instanceof CommandError && error.output.includes("Node's headers were not found"))
        return test.skip('there are no headers of Node')
      throw error
    }
    const place = join(installed, prebuilt)
    const shipped = join(folder, 'shipped.node')
    if (tarball.contents.includes(prebuilt)) copyFileSync(place, shipped)
    mkdirSync(dirname(place), { recursive: true })
    copyFileSync(built, place)
    try {
      const { support, selector } = await find(test)
      expect([support.supported, selector]).toEqual([true, process.platform === 'linux' ? 'epoll' : selector])
    } finally {
      rmSync(place)
      if (existsSync(shipped)) copyFileSync(shipped, place)
    }
  }, 120_000)
})

describe('the installed package', () => {
  it('loads without a compiler where it has a binary', async (test) => {
    if (!tarball.contents.includes(prebuilt))
      return test.skip(`there is no binary for ${process.platform}-${process.arch} in this checkout`)
    const { support, selector, answer, sum, warnings } = await find(test)
    expect({ supported: support.supported, selector, answer, sum, warnings }).toEqual({
      supported: true,
      selector: process.platform === 'linux' ? 'epoll' : selector,
      answer: 'hello\n',
      sum: 3,
      warnings: [],
    })
  }, 60_000)

  it('loads no other binary, whatever the environment says', async (test) => {
    if (!tarball.contents.includes(prebuilt)) return test.skip('there is no binary of its own to load')
    const elsewhere = "data:text/javascript,process.env.LOOP_NATIVE_BINARY = '/nowhere.node'"
    expect((await find(test, '--import', elsewhere)).support.supported).toBe(true)
  }, 60_000)

  it('falls back on an architecture that it has no binary for', async (test) => {
    const otherArch = "data:text/javascript,Object.defineProperty(process, 'arch', { value: 'riscv64' })"
    expectFallback(
      await find(test, '--import', otherArch),
      new RegExp(`no usable binary for ${process.platform}-riscv64`),
    )
  }, 60_000)

  it('falls back when the binary does not fit', async (test) => {
    if (!tarball.contents.includes(prebuilt)) return test.skip('there is no binary to damage')
    writeFileSync(join(installed, prebuilt), 'for another system')
    expectFallback(await find(test), new RegExp(`no usable binary for ${process.platform}-${process.arch}`))
  }, 60_000)

  it('falls back when the binaries are gone', async (test) => {
    rmSync(join(installed, 'prebuilds'), { recursive: true, force: true })
    expectFallback(await find(test), new RegExp(`no usable binary for ${process.platform}-${process.arch}`))
  }, 60_000)
})
