import { expect, test } from 'vitest'
import { actions, commands } from '../checks/commands.mjs'
import { workspaceOf } from '../workspace.mjs'

const build = (files: Record<string, string>) =>
  workspaceOf({
    'package.json': JSON.stringify({ scripts: { test: '…', 'test:packages': '…', pnpm: '…', bench: '…' } }),
    'packages/net/package.json': JSON.stringify({ name: '@loop/net', scripts: { soak: '…' } }),
    ...files,
  })

test('workflows and pages that call what is there pass', () => {
  const page = 'Run `npm run bench -- --quick`, `npm test`, `npm run test:packages`: or `pnpm add @loop/net`.'
  const filtered = 'npm run pnpm -- --filter @loop/net soak\nnpm run pnpm -- --filter @loop/net exec vitest'
  expect(
    commands(
      build({
        '.github/workflows/ci.yml': '# pnpm bench\n- run: npm test\n- run: npm run pnpm -- --filter @loop/net soak\n',
        'README.md': page,
        'CONTRIBUTING.md': filtered,
        'packages/net/README.md': '`npm run soak`',
        '.changeset/a.md': 'pnpm bench',
      }),
    ),
  ).toEqual([])
})

test('scripts that are not there are reported, and pages that ask for pnpm', () => {
  expect(
    commands(
      build({
        '.github/workflows/ci.yml': '- run: npm run test:package\n- run: npm run pnpm -- --filter @loop/net test\n',
        'README.md': '`npm run soak`, `pnpm bench --quick`',
      }),
    ),
  ).toEqual([
    '.github/workflows/ci.yml:1: package.json has no script called test:package',
    '.github/workflows/ci.yml:2: @loop/net has no script called test',
    'README.md:1: package.json has no script called soak',
    'README.md:1: write npm run bench, which needs no pnpm',
  ])
})

test('an action that is not pinned by a hash is reported', () => {
  const hash = 'a'.repeat(40)
  const lines = [`- uses: some/action@${hash} # v1.2.3`, '- uses: some/action@v1', `- uses: some/action@${hash}`]
  expect(actions(build({ '.github/workflows/ci.yml': lines.join('\n') }))).toEqual([
    '.github/workflows/ci.yml:2: some/action@v1 is not pinned by a hash, with its version behind it',
    `.github/workflows/ci.yml:3: some/action@${hash} is not pinned by a hash, with its version behind it`,
  ])
})
