/** `Process`, or `run`. */
import process from 'node:process'
import { run as runLoop } from '@loop/core'
import { createSubprocessExec, run } from '@loop/process'
import { input, measure, scenario } from './programs.mjs'

const PIPES = { stdin: 'pipe', stdout: 'pipe' }
const NOTHING = { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' }

const ways = {
  process: {
    true: async () => (await createSubprocessExec('/bin/true', [], NOTHING)).wait(),
    cat: async () => (await createSubprocessExec('/bin/cat', [], PIPES)).communicate(input),
  },
  groupless: {
    true: async () => (await createSubprocessExec('/bin/true', [], { ...NOTHING, processGroup: false })).wait(),
    cat: async () => (await createSubprocessExec('/bin/cat', [], { ...PIPES, processGroup: false })).communicate(input),
  },
  run: {
    true: () => run('/bin/true', [], NOTHING),
    cat: () => run('/bin/cat', [], { input, encoding: 'buffer', stderr: 'inherit' }),
  },
}

await measure(ways[process.argv[3]][scenario], (main) => runLoop(main))
