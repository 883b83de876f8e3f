import { expect, test } from 'vitest'
import { circles } from '../checks/circles.mjs'
import { workspaceOf } from '../workspace.mjs'

test('a circle of three files is reported once, with its path', () => {
  const files = {
    'packages/x/src/a.ts': `import { b } from './b.ts'`,
    'packages/x/src/b.ts': `export { c } from './c.ts'`,
    'packages/x/src/c.ts': `const a = () => import('./a.ts')`,
  }
  expect(circles(workspaceOf(files))).toEqual([
    'import circle: packages/x/src/a.ts → packages/x/src/b.ts → packages/x/src/c.ts → packages/x/src/a.ts',
  ])
})

test('a circle of types counts', () => {
  const files = {
    'packages/x/src/a.ts': `import type { B } from './b.ts'`,
    'packages/x/src/b.ts': `export type B = import('./a.ts').A`,
  }
  expect(circles(workspaceOf(files))).toHaveLength(1)
})

test('a file that imports itself is a circle', () => {
  expect(circles(workspaceOf({ 'a.ts': `import './a.ts'` }))).toEqual(['import circle: a.ts → a.ts'])
})

test('two ways to the same file are none', () => {
  const files = {
    'a.ts': `import './b.ts'; import './c.ts'`,
    'b.ts': `import './d.ts'`,
    'c.ts': `import './d.ts' // import './a.ts'`,
    'd.ts': '',
  }
  expect(circles(workspaceOf(files))).toEqual([])
})
