/** Who takes part in the core's scenarios; what they do there is in contenders/. */
import { readFileSync } from 'node:fs'
import { inNode, pythonLoops } from '@loop/bench-kit'

/** @typedef {import('@loop/bench-kit').Contender} Contender */

const program = (name) => new URL(`contenders/${name}`, import.meta.url)
const { devDependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

/** Nanoseconds and peak memory, which all programs here print. */
export const measures = {
  ns: { title: 'time', unit: 'ns', better: 'less' },
  peak: { title: 'peak memory of the process', unit: 'MB', better: 'less' },
}

/** Loop; `work` is the scenario as its program calls it. */
export const loop = (work, name = 'loop', title = 'Loop') => ({
  name,
  title,
  kind: 'ours',
  measure: inNode(program('loop.mjs'), [work]),
})

/** Loop with both forms of tasks. */
export const bothForms = (work) => [
  loop(`${work}:generator`, 'loop', 'Loop, generators'),
  loop(`${work}:async`, 'loop-async', 'Loop, async functions'),
]

/** Node's own means. */
export const node = (work, name, title, kind = 'peer') => ({
  name,
  title,
  kind,
  measure: inNode(program('node.mjs'), [work]),
})

/** asyncio and uvloop. */
export const pythons = (work) => pythonLoops(program('asyncio_contender.py'), [work])

/** A library of npm, with its version. */
const library = (name, work, file = 'combinators.mjs') => ({
  name,
  title: name,
  version: devDependencies[name],
  kind: 'peer',
  measure: inNode(program(file), [`${name}:${work}`]),
})

/** Scopes and combinators: ours in both forms, the libraries that one would take, asyncio and uvloop. */
export const combinators = (work, { promises } = {}) => [
  {
    name: 'loop',
    title: 'Loop, generators',
    kind: 'ours',
    measure: inNode(program('combinators.mjs'), [`generator:${work}`]),
  },
  {
    name: 'loop-async',
    title: 'Loop, async functions',
    kind: 'ours',
    measure: inNode(program('combinators.mjs'), [`async:${work}`]),
  },
  library('effection', work),
  library('effect', work),
  ...(promises === undefined
    ? []
    : [
        {
          name: 'promises',
          title: promises,
          kind: 'limit',
          measure: inNode(program('combinators.mjs'), [`promises:${work}`]),
        },
      ]),
  ...pythons(work),
]

/** Programs of a file of their own, with what it is called with, and asyncio and uvloop by the other Python program. */
export const others = (file, work, ...about) => [
  ...about.map(([name, title, kind, arg, options]) => ({
    name,
    title,
    kind,
    measure: inNode(program(file), [arg], options),
  })),
  ...pythonLoops(program('asyncio_more.py'), [work]),
]

/** Data structures: ours is called by its class, the others by their package. */
export const structure = (file, work, name) => ({
  name,
  title: name,
  kind: name in devDependencies ? 'peer' : 'ours',
  ...(name in devDependencies ? { version: devDependencies[name] } : {}),
  measure: inNode(program(file), [`${work}:${name}`]),
})
