import { expect, test } from 'vitest'
import { layers } from '../checks/core-layers.mjs'
import { workspaceOf } from '../workspace.mjs'

const table = ['base', 'turn', 'loop']
const core = (files: Record<string, string>) =>
  workspaceOf(Object.fromEntries(Object.entries(files).map(([name, text]) => [`packages/core/src/${name}`, text])))

test('imports of lower folders pass, also across several, and those of the same folder', () => {
  const files = {
    'base/queue.ts': `import './errors.ts'`,
    'loop/loop.ts': `import '../turn/turn.ts'; import '../base/queue.ts'`,
  }
  expect(layers(core(files), table)).toEqual([])
})

test('an import of a higher folder is reported, types included', () => {
  expect(layers(core({ 'base/queue.ts': `\nimport type { X } from '../loop/loop.ts'` }), table)).toEqual([
    'packages/core/src/base/queue.ts:2: base/ may import lower layers only, and loop/loop.ts is not lower',
  ])
})

test('a folder without a place is reported, and so is who imports it', () => {
  expect(layers(core({ 'new/thing.ts': '', 'loop/loop.ts': `import '../new/thing.ts'` }), table)).toEqual([
    'packages/core/src/loop/loop.ts:1: loop/ may import lower layers only, and new/thing.ts is not lower',
    'packages/core/src/new/thing.ts: new/ is no layer; give it a place in tooling/checks/architecture.mjs',
  ])
})

test('the entry points stand above all folders, and no folder imports them', () => {
  const files = { 'index.ts': `export * from './loop/loop.ts'`, 'loop/loop.ts': `import '../index.ts'` }
  expect(layers(core(files), table)).toEqual([
    'packages/core/src/loop/loop.ts:1: loop/ may import lower layers only, and index.ts is not lower',
  ])
})
