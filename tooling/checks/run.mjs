// npm run check: runs all checks over the repository and prints what is wrong, a line each.
// npm run check -- --update [package ...] rewrites the reports of signatures, of all packages or of those named, the
// list of licences, and the table of packages in the README.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { apiReports, signatures } from './checks/api-reports.mjs'
import { actions, commands } from './checks/commands.mjs'
import { declarations, imports } from './checks/dependencies.mjs'
import { licenceFile, licenceList, licences, thirdParties } from './checks/licences.mjs'
import { nativeLayers } from './checks/native-layers.mjs'
import { packageMap, readmeWithMap } from './checks/package-map.mjs'
import { publishing } from './checks/publishing.mjs'
import { hosts, links, longFiles } from './checks/tidy.mjs'
import { claims } from './checks/threat-model.mjs'
import { immediateImport } from './checks/top-level-await.mjs'
import { isPublished, readWorkspace } from './workspace.mjs'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** @type {{ name: string, check: (workspace: import('./workspace.mjs').Workspace) => string[] | Promise<string[]> }[]} */
const checks = [
  { name: 'imports: no circles, packages, layers of core', check: () => imports(root) },
  { name: 'layers of the addon', check: nativeLayers },
  { name: 'declared dependencies', check: declarations },
  { name: 'no top-level await', check: immediateImport },
  { name: 'packages in the README', check: packageMap },
  { name: 'publishing', check: publishing },
  { name: 'licences', check: (workspace) => licences(root, workspace) },
  { name: 'commands in pages and workflows', check: commands },
  { name: 'pinned actions', check: actions },
  { name: 'no hosts or machine paths', check: hosts },
  { name: 'links', check: links },
  { name: 'tests behind the threat model', check: claims },
  { name: 'file length', check: longFiles },
  { name: 'signatures (api/*.api.md)', check: (workspace) => signatures(root, workspace) },
]

/**
 * Rewrites the reports of signatures, the list of licences and the README's table.
 * @param {readonly string[]} only names of packages; empty means all
 */
async function update(only) {
  const workspace = readWorkspace(root)
  const published = workspace.packages.filter(isPublished)
  const unknown = only.filter((name) => !published.some((pkg) => pkg.name === name))
  if (unknown.length > 0) throw new Error(`no published package is called ${unknown.join(', ')}`)
  for (const { pkg, path, text } of await apiReports(root, workspace)) {
    if (only.length > 0 && !only.includes(pkg.name)) continue
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  writeFileSync(join(root, licenceFile), licenceList(thirdParties(root, workspace)))
  const readme = readmeWithMap(workspace)
  if (readme !== undefined) writeFileSync(join(root, 'README.md'), readme)
}

const { values, positionals } = parseArgs({
  options: { update: { type: 'boolean', default: false } },
  allowPositionals: true,
})
if (values.update) await update(positionals)

const workspace = readWorkspace(root)
for (const { name, check } of checks) {
  const problems = await check(workspace)
  console.log(`${problems.length === 0 ? '✓' : '✗'} ${name}`)
  for (const problem of problems) console.log(`    ${problem}`)
  if (problems.length > 0) process.exitCode = 1
}
