import { expect, test } from 'vitest'
import { workflows } from '../checks/workflows.mjs'
import { workspaceOf } from '../workspace.mjs'

const build = (steps: string) =>
  workflows(
    workspaceOf({
      'package.json': JSON.stringify({ scripts: { test: '…', 'test:packages': '…' } }),
      'packages/net/package.json': JSON.stringify({ name: '@loop/net', scripts: { bench: '…' } }),
      '.github/workflows/ci.yml': steps,
    }),
  )

test('steps that run what is there, and pinned actions, pass', () => {
  expect(
    build(
      '- uses: actions/checkout@v5\n- run: pnpm install --frozen-lockfile\n- run: npm test\n- run: pnpm --filter @loop/net bench\n',
    ),
  ).toEqual([])
})

test('scripts that are not there, and actions without a version, are reported', () => {
  expect(
    build('- uses: actions/checkout@main\n- run: pnpm test:package\n- run: pnpm --filter @loop/net test\n'),
  ).toEqual([
    '.github/workflows/ci.yml:1: actions/checkout@main is not pinned to a major version',
    '.github/workflows/ci.yml:2: package.json has no script called test:package',
    '.github/workflows/ci.yml:3: @loop/net has no script called test',
  ])
})
