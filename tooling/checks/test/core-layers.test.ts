import { expect, test } from 'vitest'
import { hostTimers, layers } from '../checks/core-layers.mjs'
import { workspaceOf } from '../workspace.mjs'

const table = [['contracts.ts'], ['host.ts', 'clock.ts'], ['loop.ts']]
const empty = { 'contracts.ts': '', 'host.ts': '', 'clock.ts': '', 'loop.ts': '' }
const core = (files: Record<string, string>) =>
  workspaceOf(
    Object.fromEntries(
      Object.entries({ ...empty, ...files }).map(([name, text]) => [`packages/core/src/${name}`, text]),
    ),
  )

test('imports of lower layers pass, also across several', () => {
  const files = { 'clock.ts': `import './contracts.ts'`, 'loop.ts': `import './clock.ts'; import './contracts.ts'` }
  expect(layers(core(files), table)).toEqual([])
})

test('an import of a higher layer or of the same one is reported', () => {
  const files = { 'contracts.ts': `import type { X } from './loop.ts'`, 'clock.ts': `import './host.ts'` }
  expect(layers(core(files), table)).toEqual([
    'packages/core/src/clock.ts:1: clock.ts may import lower layers only, and host.ts is not lower',
    'packages/core/src/contracts.ts:1: contracts.ts may import lower layers only, and loop.ts is not lower',
  ])
})

test('a file without a layer is reported, and so is its importer', () => {
  const files = { 'new.ts': '', 'loop.ts': `import './new.ts'` }
  expect(layers(core(files), table)).toEqual([
    'packages/core/src/loop.ts:1: loop.ts may import lower layers only, and new.ts is in none',
    'packages/core/src/new.ts: not in any layer; give it one in tooling/checks/architecture.mjs',
  ])
})

test('a layer that names a file which is gone is reported', () => {
  expect(layers(core({}), [...table, ['gone.ts']])).toEqual([
    'packages/core/src/gone.ts: in a layer, but not there; take it out of tooling/checks/architecture.mjs',
  ])
})

test('testing helpers stand above all layers, and no layer imports them', () => {
  const files = { 'testing/clock.ts': `import '../loop.ts'`, 'loop.ts': `import './testing/clock.ts'` }
  expect(layers(core(files), table)).toEqual([
    'packages/core/src/loop.ts:1: loop.ts may import lower layers only, and testing/clock.ts is in none',
  ])
})

test('host timers are named by the host file alone', () => {
  const files = {
    'host.ts': `setTimeout(f, 1); process.nextTick(f)`,
    'loop.ts': [
      '// setTimeout in a comment',
      `const text = 'setImmediate'`,
      'host.nextTick(f); host.clearTimeout(timer)',
      'process.nextTick(f)',
      'globalThis.setImmediate(f)',
      'const later = setTimeout',
      `import { setInterval } from 'node:timers'`,
    ].join('\n'),
  }
  expect(hostTimers(core(files))).toEqual([
    'packages/core/src/loop.ts:4: nextTick belongs in host.ts; use the host object',
    'packages/core/src/loop.ts:5: setImmediate belongs in host.ts; use the host object',
    'packages/core/src/loop.ts:6: setTimeout belongs in host.ts; use the host object',
    'packages/core/src/loop.ts:7: setInterval belongs in host.ts; use the host object',
  ])
})
