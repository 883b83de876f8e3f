/** Who takes part; how each pool is driven is in contenders/, and what it is asked to do in measurements/. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { inNode, python, pythonPeer, runForJson } from '@loop/bench-kit'

const here = (path) => new URL(path, import.meta.url)
const { devDependencies } = JSON.parse(readFileSync(here('../package.json'), 'utf8'))

/** The slowest contender needs four seconds for the burst; one that hangs must not stop the rest for long. */
const LIMIT_MS = 15_000

/** Every pool: its file in contenders/, its name in tables, what it is, its package. */
const pools = {
  'loop-threads': { title: 'Loop', kind: 'ours' },
  'loop-spinning': { title: 'Loop, spinning', kind: 'ours' },
  'loop-processes': { title: 'Loop, processes', kind: 'ours' },
  piscina: { title: 'piscina', kind: 'peer', from: 'piscina' },
  'piscina-tuned': { title: 'piscina, 64 tasks a worker', kind: 'reference', from: 'piscina' },
  tinypool: { title: 'tinypool', kind: 'peer', from: 'tinypool' },
  'tinypool-processes': { title: 'tinypool, processes', kind: 'peer', from: 'tinypool' },
  workerpool: { title: 'workerpool', kind: 'peer', from: 'workerpool' },
  'workerpool-processes': { title: 'workerpool, processes', kind: 'peer', from: 'workerpool' },
  poolifier: { title: 'poolifier', kind: 'peer', from: 'poolifier' },
  'poolifier-processes': { title: 'poolifier, processes', kind: 'peer', from: 'poolifier' },
  raw: { title: 'postMessage, no pool', kind: 'limit' },
}

/** The pools as they are shipped, the same tuned by hand, and no pool at all. */
export const threads = ['loop-threads', 'piscina', 'piscina-tuned', 'tinypool', 'workerpool', 'poolifier', 'raw']
export const processes = ['loop-processes', 'tinypool-processes', 'workerpool-processes', 'poolifier-processes']

/** A pool at a measurement. */
export const pool = (name, measurement) => {
  const { title, kind, from } = pools[name]
  return {
    name,
    title,
    kind,
    ...(from === undefined ? {} : { version: devDependencies[from] }),
    measure: inNode(here('measure.mjs'), [name, measurement], { limitMs: LIMIT_MS }),
  }
}

/** Python's executors, in the closed loop of trivial tasks. */
export const pythonExecutor = (kind) => ({
  name: `python-${kind}`,
  title: `Python, ${kind}`,
  kind: 'reference',
  ...pythonPeer('asyncio'),
  measure: (point) =>
    runForJson(
      [python()?.path ?? 'python3', fileURLToPath(here('python/closed_loop.py')), kind, JSON.stringify(point)],
      { limitMs: LIMIT_MS },
    ),
})
