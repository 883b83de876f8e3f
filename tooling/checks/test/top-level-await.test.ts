import { expect, test } from 'vitest'
import { immediateImport } from '../checks/top-level-await.mjs'
import { workspaceOf } from '../workspace.mjs'

const awaits = `
const a = async () => await b
async function c() { for await (const d of e) await d }
class F { async g() { await h } }
`

test('awaits outside of functions are reported; inside of them, in tests and in apps they are fine', () => {
  const files = {
    'packages/sync/package.json': '{}',
    'packages/sync/src/fine.ts': awaits,
    'packages/sync/src/late.ts': `const a = 1\nexport const b = { c: await a }\nfor await (const d of []) d()`,
    'packages/sync/test/a.test.ts': 'await a',
    'apps/demo/package.json': '{ "private": true }',
    'apps/demo/src/main.ts': 'await a',
  }
  expect(immediateImport(workspaceOf(files))).toEqual([
    'packages/sync/src/late.ts:2: await outside of a function',
    'packages/sync/src/late.ts:3: await outside of a function',
  ])
})
