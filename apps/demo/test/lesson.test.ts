import { expect, test } from 'vitest'
import { loadPrograms } from '../src/catalog.ts'
import { sections } from '../src/program.ts'

const programs = await loadPrograms()

/** Every behaviour that the project exists for, and the programs that show it. */
const behaviours: Record<string, readonly string[]> = {
  'order: FIFO, timers, cancelling, sleeping': ['L1', 'L2', 'L3', 'L4', 'L5', 'L6', 'L7', 'L8', 'L9'],
  'which selector a loop uses can be asked': ['S1'],
  'introspection and debug hooks are the same on every selector': ['S2'],
  'blocking calls side by side on a thread pool': ['T1'],
  'the sum of squares on the process pool': ['T2'],
  'a monitor task keeps ticking while a thread computes': ['T3'],
  'a worker thread schedules on the loop': ['T4'],
  'the default executor, setDefaultExecutor, toThread': ['T5'],
  'shutdown({ wait })': ['T6'],
  'a debug loop': ['D1'],
  'policies, replaced and set back': ['D2'],
  'a deterministic loop': ['D3', 'D4', 'D5'],
  '10,000 tasks that await sleep(0)': ['V1'],
  'the native loop is a drop-in': ['V2'],
  'three workers are cancelled by a signal, clean up, and are reported': ['G1'],
  'SIGHUP reloads': ['G2'],
  'a server that runs until a signal sets an Event': ['G3'],
  'periodic, with drift correction': ['P1'],
  'a blocking database as an async resource': ['P2'],
  'a monitor warns of a block': ['P3'],
  'a low-level protocol': ['P4'],
  'jobs at intervals, by cron and once; failing, cancelled, with a status and a graceful end': ['A1', 'A2'],
}

test('every behaviour has its programs, every program its behaviour, and every section its part in the tour', () => {
  expect(Object.values(behaviours).flat().sort()).toEqual(programs.map(({ id }) => id).sort())
  expect([...new Set(programs.map(({ section }) => section))]).toEqual([...sections])
})
