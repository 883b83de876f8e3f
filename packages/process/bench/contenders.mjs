/** Who takes part: each runs the same programs, in a process of its own. */
import { readFileSync } from 'node:fs'
import { inNode, pythonLoops } from '@loop/bench-kit'

const program = (name) => new URL(`contenders/${name}`, import.meta.url)
const { devDependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

export const measures = {
  ns: { title: 'time', unit: 'ns', better: 'less' },
  peak: { title: 'peak memory of the process', unit: 'MB', better: 'less' },
}

/** Everyone, in a scenario. */
export const contenders = (scenario) => [
  {
    name: 'loop',
    title: 'Loop, a Process',
    kind: 'ours',
    measure: inNode(program('loop.mjs'), [scenario, 'process']),
  },
  {
    name: 'loop-no-group',
    title: 'Loop, a Process without a group',
    kind: 'ours',
    measure: inNode(program('loop.mjs'), [scenario, 'groupless']),
  },
  { name: 'loop-run', title: 'Loop, run', kind: 'ours', measure: inNode(program('loop.mjs'), [scenario, 'run']) },
  { name: 'node', title: 'node:child_process', kind: 'limit', measure: inNode(program('node.mjs'), [scenario]) },
  {
    name: 'execa',
    title: 'execa',
    kind: 'peer',
    version: devDependencies.execa,
    measure: inNode(program('execa.mjs'), [scenario]),
  },
  ...pythonLoops(program('asyncio_contender.py'), [scenario]),
]
