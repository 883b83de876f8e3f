import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { apiReports, differences, signatures } from '../checks/api-reports.mjs'
import { readWorkspace } from '../workspace.mjs'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'loop-signatures-')))
afterAll(() => rmSync(root, { recursive: true, force: true }))

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

const exports = (entries: Record<string, string>) =>
  Object.fromEntries(Object.entries(entries).map(([entry, source]) => [entry, { '@loop/source': source }]))

const types = fileURLToPath(new URL('../../../node_modules/@types', import.meta.url))
mkdirSync(join(root, 'node_modules'))
symlinkSync(types, join(root, 'node_modules/@types'), 'junction')
write('packages/core/package.json', JSON.stringify({ name: '@loop/core', exports: exports({ '.': './src/index.ts' }) }))
write('packages/core/src/index.ts', `export { Future } from './task/future.ts'`)
write('packages/core/src/task/future.ts', `export class Future<T> { result(): T { throw new Error('no') } }`)
write(
  'packages/sync/package.json',
  JSON.stringify({ name: '@loop/sync', exports: exports({ '.': './src/index.ts', './more': './src/more/index.ts' }) }),
)
write('packages/sync/src/index.ts', `export * from '@loop/core'\nexport { acquire, type Options } from './lock.ts'`)
write(
  'packages/sync/src/lock.ts',
  `import type { Future } from '@loop/core'
export interface Options { readonly limit?: number }
interface Hidden { readonly deep: 1 }
export const acquire = (options: Options): Hidden | Future<number> | undefined => options.limit === 1 ? { deep: 1 } : undefined`,
)
write('packages/sync/src/more/index.ts', 'export const limit = 1 as number')

test('each entry point has a report, which a changed signature changes, a deep one too', async () => {
  const all = readWorkspace(root)
  const missing = ['core/api/index', 'sync/api/index', 'sync/api/more']
  expect(await signatures(root, all)).toEqual(
    missing.map((path) => {
      const name = path.split('/')[0]
      return `packages/${path}.api.md is missing (npm run check -- --update ${name} if that is meant)`
    }),
  )

  for (const { path, text } of await apiReports(root, all)) write(path, text)
  expect(await signatures(root, readWorkspace(root))).toEqual([])

  write('packages/sync/src/more/index.ts', `export const limit = 1 as number | string`)
  write('packages/core/src/task/future.ts', `export class Future<T> { result(): T | null { return null } }`)
  expect(await signatures(root, readWorkspace(root))).toEqual([
    [
      'packages/core/api/index.api.md differs: ',
      '- result(): T;',
      '+ result(): T | null; (npm run check -- --update core if that is meant)',
    ].join('\n      '),
    [
      'packages/sync/api/more.api.md differs: ',
      '- export const limit: number;',
      '+ export const limit: number | string; (npm run check -- --update sync if that is meant)',
    ].join('\n      '),
  ])
}, 60_000)

test('a report of an entry point that is gone is reported', async () => {
  write('packages/sync/api/gone.api.md', '')
  const problems = await signatures(root, readWorkspace(root))
  expect(problems).toContain('packages/sync/api/gone.api.md is of no entry point')
}, 60_000)

test('a difference shows the lines that only one of the two has, the first few', () => {
  expect(differences('a\nb', 'b\na')).toBe('in order')
  expect(differences('a\nb', 'b\n1\n2\n3\n4\n5\n6\n7').split(/\s*\n\s*/)).toEqual([
    '',
    '- a',
    '+ 1',
    '+ 2',
    '+ 3',
    '+ 4',
    '+ 5',
    '2 more lines',
  ])
})
