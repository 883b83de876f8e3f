// pnpm check: runs all checks over the repository and prints what is wrong, a line each.
// pnpm check --update [package ...] rewrites the lists of exported names, of all packages or of those named, and the
// table of packages in the README.

import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { circles } from './checks/circles.mjs'
import { layers } from './checks/core-layers.mjs'
import { exportedNames, exportList, listFile } from './checks/exported-names.mjs'
import { packages } from './checks/package-graph.mjs'
import { packageMap, readmeWithMap } from './checks/package-map.mjs'
import { publishing } from './checks/publishing.mjs'
import { hosts, links, longFiles } from './checks/tidy.mjs'
import { immediateImport } from './checks/top-level-await.mjs'
import { workflows } from './checks/workflows.mjs'
import { isPublished, readWorkspace } from './workspace.mjs'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const checks = [
  { name: 'no import circles', check: circles },
  { name: 'package graph', check: packages },
  { name: 'layers of core', check: layers },
  { name: 'no top-level await', check: immediateImport },
  { name: 'exported names', check: exportedNames },
  { name: 'packages in the README', check: packageMap },
  { name: 'publishing', check: publishing },
  { name: 'workflows', check: workflows },
  { name: 'no hosts or machine paths', check: hosts },
  { name: 'links', check: links },
  { name: 'file length', check: longFiles },
]

/**
 * Rewrites the lists of exported names and the README's table.
 * @param {readonly string[]} only names of packages; empty means all
 */
function update(only) {
  const workspace = readWorkspace(root)
  const published = workspace.packages.filter(isPublished)
  const unknown = only.filter((name) => !published.some((pkg) => pkg.name === name))
  if (unknown.length > 0) throw new Error(`no published package is called ${unknown.join(', ')}`)
  for (const pkg of published.filter(({ name }) => only.length === 0 || only.includes(name))) {
    writeFileSync(join(root, listFile(pkg)), exportList(pkg, workspace.files))
  }
  const readme = readmeWithMap(workspace)
  if (readme !== undefined) writeFileSync(join(root, 'README.md'), readme)
}

const { values, positionals } = parseArgs({
  options: { update: { type: 'boolean', default: false } },
  allowPositionals: true,
})
if (values.update) update(positionals)

const workspace = readWorkspace(root)
for (const { name, check } of checks) {
  const problems = check(workspace)
  console.log(`${problems.length === 0 ? '✓' : '✗'} ${name}`)
  for (const problem of problems) console.log(`    ${problem}`)
  if (problems.length > 0) process.exitCode = 1
}
