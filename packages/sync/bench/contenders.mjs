/** Who takes part in each scenario of the primitives. */
import { inNode, pythonLoops } from '@loop/bench-kit'

const program = (name) => new URL(`contenders/${name}`, import.meta.url)

export const measures = {
  ns: { title: 'time', unit: 'ns', better: 'less' },
  peak: { title: 'peak memory of the process', unit: 'MB', better: 'less' },
}

/** Both forms of tasks, asyncio and uvloop. */
export const contenders = (scenario) => [
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
  ...pythonLoops(program('asyncio_contender.py'), [scenario]),
]
