/** Who takes part in each scenario of the primitives. */
import { readFileSync } from 'node:fs'
import { inNode, pythonLoops } from '@loop/bench-kit'

const program = (name) => new URL(`contenders/${name}`, import.meta.url)

const { devDependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

export const measures = {
  ns: { title: 'time', unit: 'ns', better: 'less' },
  peak: { title: 'peak memory of the process', unit: 'MB', better: 'less' },
}

/** Both forms of tasks, the libraries that know the scenario, asyncio and uvloop. */
export const contenders = (scenario, libraries = []) => [
  {
    name: 'loop',
    title: 'Loop, generators',
    kind: 'ours',
    measure: inNode(program('loop.mjs'), ['generator', scenario]),
  },
  {
    name: 'loop-async',
    title: 'Loop, async functions',
    kind: 'ours',
    measure: inNode(program('loop.mjs'), ['async', scenario]),
  },
  ...libraries.map((name) => ({
    name,
    title: name,
    version: devDependencies[name],
    kind: 'peer',
    measure: inNode(program('libraries.mjs'), [`${name}:${scenario}`]),
  })),
  ...pythonLoops(program('asyncio_contender.py'), [scenario]),
]

/** Both forms of tasks, asyncio and uvloop, with a lock that many wait for. */
export const waiters = [
  { name: 'loop', title: 'Loop, generators', kind: 'ours', measure: inNode(program('growth.mjs'), ['generator']) },
  {
    name: 'loop-async',
    title: 'Loop, async functions',
    kind: 'ours',
    measure: inNode(program('growth.mjs'), ['async']),
  },
  ...pythonLoops(program('asyncio_growth.py')),
]
