import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, type TestProjectConfiguration } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { workspaceFolders } from './tooling/bootstrap/workspace.mjs'
import shared from './vitest.shared.ts'

const here = import.meta.dirname

/** A folder's tests run with the shared settings, unless it has a configuration of its own. */
const projects = [...workspaceFolders(), 'examples'].flatMap((folder): TestProjectConfiguration[] => {
  const own = `${folder}/vitest.config.ts`
  if (existsSync(join(here, own))) return [own]
  if (!existsSync(join(here, folder, 'test'))) return []
  return [{ ...shared, test: { ...shared.test, name: folder, root: join(here, folder) } }]
})

/** Files that take half a minute, mostly waiting: begun last, one of them would be waited for alone. */
const LONG =
  /(live\/\w+|on-postgres|cookbook|installed|killed-processes|programs|documentation|like-cpython|tarballs)\.test\.ts$/

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return [
      ...sorted.filter(({ moduleId }) => LONG.test(moduleId)),
      ...sorted.filter(({ moduleId }) => !LONG.test(moduleId)),
    ]
  }
}

// Vitest looks for its configuration upward from where it is started: in a package's folder it finds this one, too, and
// runs the tests of that package.
export default process.cwd() === here
  ? defineConfig({ test: { projects, maxWorkers: 4, sequence: { sequencer: LongFirst } } })
  : shared
