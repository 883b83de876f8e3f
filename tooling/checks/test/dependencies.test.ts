import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { declarations, imports } from '../checks/dependencies.mjs'
import { workspaceOf } from '../workspace.mjs'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'loop-imports-')))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const manifest = (name: string, more: object = {}) =>
  JSON.stringify({ name: `@loop/${name}`, exports: { '.': { '@loop/source': './src/index.ts' } }, ...more })

let made = 0

/** Writes a repository in which every package finds the others and croner installed, and returns its problems. */
async function problems(files: Record<string, string>): Promise<string[]> {
  const root = join(folder, String(made++))
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const all = { 'package.json': '{ "devDependencies": { "vitest": "1" } }', ...files }
  for (const [path, text] of Object.entries(all)) write(path, text)
  for (const name of ['croner', 'vitest']) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: 'index.js' }))
    write(`node_modules/${name}/index.js`, '')
  }
  const packages = Object.keys(files).flatMap((path) => /^packages\/([^/]+)\/package\.json$/.exec(path)?.[1] ?? [])
  for (const user of packages) {
    mkdirSync(join(root, 'packages', user, 'node_modules/@loop'), { recursive: true })
    for (const used of packages.filter((name) => name !== user))
      symlinkSync(join(root, 'packages', used), join(root, 'packages', user, 'node_modules/@loop', used), 'junction')
  }
  return imports(root)
}

const onCore = { peerDependencies: { '@loop/core': '1' } }

test('what the graph allows and package.json declares passes', async () => {
  const found = await problems({
    'packages/core/package.json': manifest('core'),
    'packages/core/src/index.ts': `export { x } from './task/x.ts'`,
    'packages/core/src/task/x.ts': `import type { Y } from '../base/y.ts'; import fs from 'node:fs'; export const x: Y = fs`,
    'packages/core/src/base/y.ts': 'export type Y = unknown',
    'packages/net/package.json': manifest('net', onCore),
    'packages/net/src/index.ts': `import { x } from '@loop/core'; export const own = x`,
    'packages/net/test/a.test.ts': `import { test } from 'vitest'; import { own } from '@loop/net'`,
  })
  expect(found).toEqual([])
})

test('a circle is reported once, one of types too', async () => {
  const found = await problems({
    'apps/demo/a.ts': `import './b.ts'`,
    'apps/demo/b.ts': `import type {} from './c.ts'`,
    'apps/demo/c.ts': `export * from './a.ts'`,
  })
  expect(found).toEqual(['import circle: apps/demo/a.ts → apps/demo/b.ts → apps/demo/c.ts → apps/demo/a.ts'])
})

test('one wrong import that closes many circles shows the shortest', async () => {
  const names = Array.from({ length: 9 }, (_, i) => `m${i}`)
  const found = await problems({
    'apps/demo/all.ts': names.map((name) => `import './${name}.ts'`).join('\n'),
    ...Object.fromEntries(names.map((name) => [`apps/demo/${name}.ts`, `import './all.ts'`])),
  })
  expect([found.length, found.at(-1)]).toEqual([6, '4 more import circles'])
})

test("a file of core that imports a higher layer, the index or a test's tool is reported, an import of types too", async () => {
  const found = await problems({
    'packages/core/package.json': manifest('core'),
    'packages/core/src/index.ts': '',
    'packages/core/src/base/a.ts': `import type {} from '../task/t.ts'`,
    'packages/core/src/task/t.ts': `import '../index.ts'`,
    'packages/core/src/loop/l.ts': `import '../testing/x.ts'`,
    'packages/core/src/testing/x.ts': `import '../index.ts'`,
  })
  expect(found).toEqual([
    'packages/core/src/base/a.ts imports packages/core/src/task/t.ts: base/ of core imports lower layers only',
    'packages/core/src/loop/l.ts imports packages/core/src/testing/x.ts: loop/ of core imports lower layers only',
    'packages/core/src/task/t.ts imports packages/core/src/index.ts: task/ of core imports lower layers only',
  ])
})

test('a file of core in no layer is reported', async () => {
  const found = await problems({
    'packages/core/package.json': manifest('core'),
    'packages/core/src/index.ts': `export * from './odds/ends.ts'`,
    'packages/core/src/odds/ends.ts': '',
  })
  expect(found).toEqual(['packages/core/src/odds/ends.ts: a file of core is in one of its layers'])
})

test('an import against the arrows is reported, although package.json declares it', async () => {
  const found = await problems({
    'packages/core/package.json': manifest('core', { dependencies: { '@loop/sync': '1' } }),
    'packages/core/src/base/x.ts': `import type { Lock } from '@loop/sync'`,
    'packages/net/package.json': manifest('net', { dependencies: { '@loop/sync': '1' } }),
    'packages/net/src/index.ts': `import { Lock } from '@loop/sync'`,
    'packages/sync/package.json': manifest('sync'),
    'packages/sync/src/index.ts': '',
  })
  expect(found).toEqual([
    'packages/core/src/base/x.ts imports packages/core/node_modules/@loop/sync/src/index.ts: core imports no other package',
    'packages/net/src/index.ts imports packages/net/node_modules/@loop/sync/src/index.ts: net imports core only',
  ])
})

test('what package.json does not declare is reported, and what only developers have', async () => {
  const found = await problems({
    'packages/scheduler/package.json': manifest('scheduler'),
    'packages/scheduler/src/index.ts': `import 'croner'; import 'missing'`,
    'packages/scheduler/src/v.ts': `import 'vitest'`,
  })
  expect(found).toEqual([
    'packages/scheduler/src/index.ts imports missing: what is imported is installed',
    'packages/scheduler/src/index.ts imports node_modules/croner/index.js: package.json declares what is imported',
    'packages/scheduler/src/v.ts imports node_modules/vitest/index.js: what users get imports no development dependency',
  ])
})

test('a source that reaches into another folder is reported', async () => {
  const found = await problems({
    'packages/net/package.json': manifest('net'),
    'packages/net/src/index.ts': `import '../../sync/src/lock.ts'`,
    'packages/sync/src/lock.ts': '',
  })
  expect(found).toEqual([
    'packages/net/src/index.ts imports packages/sync/src/lock.ts: what is outside of the package is imported by its name',
  ])
})

test('a runtime dependency in a package that has none, and one against the arrows, is reported', () => {
  const files = { 'packages/sync/package.json': manifest('sync', { dependencies: { denque: '2', '@loop/net': '1' } }) }
  expect(declarations(workspaceOf(files))).toEqual([
    'packages/sync/package.json: sync has no runtime dependency, but declares denque, @loop/net',
    'packages/sync/package.json: sync may not depend on @loop/net',
  ])
})

test('a package that the graph does not know is reported', () => {
  const files = { 'packages/extra/package.json': manifest('extra') }
  expect(declarations(workspaceOf(files))).toEqual([
    'packages/extra/package.json: package "extra" is not in the package graph (tooling/checks/architecture.mjs)',
  ])
})
