import { expect, test } from 'vitest'
import { packages } from '../checks/package-graph.mjs'
import { workspaceOf } from '../workspace.mjs'

const manifest = (name: string, more: object = {}) => JSON.stringify({ name: `@loop/${name}`, ...more })

test('what the graph allows and package.json declares passes', () => {
  const files = {
    'packages/sync/package.json': manifest('sync', {
      peerDependencies: { '@loop/core': '1' },
      devDependencies: { '@loop/net': '1' },
    }),
    'packages/sync/src/index.ts': `import { Future } from '@loop/core'; import { x } from './x.ts'; import fs from 'node:fs'`,
    'packages/sync/src/x.ts': `import { more } from '@loop/core/testing'; import { own } from '@loop/sync'`,
    'packages/sync/test/a.test.ts': `import { test } from 'vitest'; import { createServer } from '@loop/net'; import '../../../x.ts'`,
    'apps/demo/package.json': manifest('demo', { private: true, dependencies: { '@loop/sync': '1' } }),
    'apps/demo/src/main.ts': `import '@loop/sync'`,
  }
  expect(packages(workspaceOf(files))).toEqual([])
})

test('an import against the arrows is reported where it stands', () => {
  const files = {
    'packages/net/package.json': manifest('net', {
      peerDependencies: { '@loop/core': '1' },
      dependencies: { '@loop/sync': '1' },
    }),
    'packages/net/src/index.ts': `\nimport { Lock } from '@loop/sync'`,
  }
  expect(packages(workspaceOf(files))).toEqual([
    'packages/net/package.json: net may not depend on @loop/sync',
    'packages/net/src/index.ts:2: net may not import @loop/sync',
  ])
})

test('core imports nothing of the repository, not even types', () => {
  const files = {
    'packages/core/package.json': manifest('core'),
    'packages/core/src/index.ts': `import type { Lock } from '@loop/sync'`,
  }
  expect(packages(workspaceOf(files))).toEqual(['packages/core/src/index.ts:1: core may not import @loop/sync'])
})

test('an import that package.json does not declare is reported', () => {
  const files = {
    'packages/scheduler/package.json': manifest('scheduler', { devDependencies: { croner: '1' } }),
    'packages/scheduler/src/cron.ts': `import { Cron } from 'croner/sub'`,
    'packages/scheduler/test/a.test.ts': `import { Cron } from 'croner'; import { y } from 'missing'`,
  }
  expect(packages(workspaceOf(files))).toEqual([
    'packages/scheduler/src/cron.ts:1: croner is imported but packages/scheduler/package.json does not declare it',
    'packages/scheduler/test/a.test.ts:1: missing is imported but packages/scheduler/package.json does not declare it',
  ])
})

test('a development dependency that the build bundles may be imported by the package it is bundled into, by no other', () => {
  const imports = (name: string) => ({
    [`packages/${name}/package.json`]: manifest(name, { devDependencies: { acorn: '8' } }),
    [`packages/${name}/src/parse.ts`]: `import { parse } from 'acorn'`,
  })
  expect(packages(workspaceOf({ ...imports('executor'), ...imports('net') }))).toEqual([
    'packages/net/src/parse.ts:1: acorn is imported but packages/net/package.json does not declare it',
  ])
})

test('a runtime dependency in a package that has none is reported', () => {
  const files = { 'packages/sync/package.json': manifest('sync', { dependencies: { denque: '2' } }) }
  expect(packages(workspaceOf(files))).toEqual([
    'packages/sync/package.json: sync has no runtime dependency, but declares denque',
  ])
})

test('a source that reaches into another folder, or names a built-in without its prefix, is reported', () => {
  const files = {
    'packages/core/package.json': manifest('core'),
    'packages/core/src/index.ts': `import '../../sync/src/lock.ts'; import 'fs'`,
  }
  expect(packages(workspaceOf(files))).toEqual([
    'packages/core/src/index.ts:1: ../../sync/src/lock.ts leaves the package; import it by its name',
    'packages/core/src/index.ts:1: write node:fs, so that no package of that name is taken',
  ])
})

test('a package that the graph does not know is reported', () => {
  const files = { 'packages/extra/package.json': manifest('extra') }
  expect(packages(workspaceOf(files))).toEqual([
    'packages/extra/package.json: package "extra" is not in the package graph (tooling/checks/architecture.mjs)',
  ])
})
