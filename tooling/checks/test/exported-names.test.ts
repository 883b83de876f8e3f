import { expect, test } from 'vitest'
import { exportedNames, exportList } from '../checks/exported-names.mjs'
import { workspaceOf } from '../workspace.mjs'

const manifest = JSON.stringify({
  name: '@loop/sync',
  exports: {
    '.': { '@loop/source': './src/index.ts' },
    './more': { '@loop/source': './src/more.ts' },
    './package.json': './package.json',
  },
})
const index = `
  export { Lock, type LockOptions } from './lock.ts'
  export type { Waiter } from './waiter.ts'
  export const limit = 1
  export function acquire() {}
  export default class Barrier {}
`
const list = `# Exported names of @loop/sync; pnpm check --update sync rewrites this list.
[.]
Lock
acquire
default
limit
type LockOptions
type Waiter

[./more]
type Extra
`
const build = (files: Record<string, string>) =>
  workspaceOf({
    'packages/sync/package.json': manifest,
    'packages/sync/src/index.ts': index,
    'packages/sync/src/more.ts': 'export interface Extra {}',
    'packages/sync/exports.txt': list,
    ...files,
  })

test('the list holds the names of every entry point, values before types', () => {
  const { packages, files } = build({})
  expect(exportList(packages[0]!, files)).toBe(list)
  expect(exportedNames(build({}))).toEqual([])
})

test('a name that appeared, one that disappeared and one that became a type are reported', () => {
  const more = 'export const Extra = 1; export const Fresh = 2'
  expect(
    exportedNames(build({ 'packages/sync/src/more.ts': more, 'packages/sync/exports.txt': `${list}Gone\n` })),
  ).toEqual([
    'packages/sync/exports.txt: ./more Extra is exported but not listed (pnpm check --update sync if that is meant)',
    'packages/sync/exports.txt: ./more Fresh is exported but not listed (pnpm check --update sync if that is meant)',
    'packages/sync/exports.txt: ./more type Extra is listed but not exported (pnpm check --update sync if that is meant)',
    'packages/sync/exports.txt: ./more Gone is listed but not exported (pnpm check --update sync if that is meant)',
  ])
})

test('"export *" is reported even when it is listed', () => {
  const more = `export * from './all.ts'`
  const listed = list.replace('type Extra', '* of ./all.ts')
  expect(exportedNames(build({ 'packages/sync/src/more.ts': more, 'packages/sync/exports.txt': listed }))).toEqual([
    'packages/sync: "export *" in ./more * of ./all.ts; name what is exported',
  ])
})

test('only a facade may export all of another package', () => {
  const more = `export * from '@loop/core'`
  const listed = list.replace('type Extra', '* of @loop/core')
  expect(exportedNames(build({ 'packages/sync/src/more.ts': more, 'packages/sync/exports.txt': listed }))).toEqual([
    'packages/sync: "export *" in ./more * of @loop/core; name what is exported',
  ])
})

test('a package without a list is reported once', () => {
  const { files } = build({})
  const rest = Object.fromEntries([...files].filter(([path]) => path !== 'packages/sync/exports.txt'))
  expect(exportedNames(workspaceOf(rest))).toEqual([
    'packages/sync/exports.txt is missing (pnpm check --update sync writes it)',
  ])
})

test('an entry point without its file is reported', () => {
  const { files } = build({})
  const rest = Object.fromEntries([...files].filter(([path]) => path !== 'packages/sync/src/more.ts'))
  expect(exportedNames(workspaceOf(rest))).toContain('packages/sync/src/more.ts is an entry point but not there')
})
