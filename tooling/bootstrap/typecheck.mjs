// npm run typecheck: all sources and tests in one program of the compiler, which looks at each file once, where a program
// for each package would look at core's sources some twenty times. What needs other settings is checked apart.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { root } from './workspace.mjs'

/** Projects with settings of their own: the browser's types, JSX, and what made projects begin with. */
const apart = ['apps/demo-page', 'apps/site', 'packages/create/template.tsconfig.json']

for (const project of ['.', ...apart]) {
  const args = [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, project)]
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
