/** Who takes part: for cron all libraries, for intervals those that have them. How each is driven is in contenders/. */
import { readFileSync } from 'node:fs'
import { inNode } from '@loop/bench-kit'

const script = new URL('measure.mjs', import.meta.url)
const { dependencies, devDependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

const libraries = { cron: ['croner', 'node-cron', 'toad-scheduler', 'node-schedule'], every: ['toad-scheduler'] }

const measure = (contender, measurement, kind) =>
  inNode(script, [contender, measurement, kind], { nodeArgs: ['--expose-gc', '--no-warnings'] })

/** This scheduler alone. */
export const ours = (measurement, kind) => ({
  name: 'loop',
  title: 'Loop',
  kind: 'ours',
  measure: measure('loop', measurement, kind),
})

/** This scheduler and the libraries, for jobs of one kind. */
export const contenders = (measurement, kind) => [
  ours(measurement, kind),
  ...libraries[kind].map((name) => ({
    name,
    title: name,
    version: dependencies[name] ?? devDependencies[name],
    kind: 'peer',
    measure: measure(name, measurement, kind),
  })),
]
