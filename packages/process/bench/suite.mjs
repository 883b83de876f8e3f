/** Subprocesses beside bare node:child_process, execa, asyncio and uvloop. */
import communicate from './scenarios/communicate.mjs'
import manyAtOnce from './scenarios/many-at-once.mjs'
import spawnAndWait from './scenarios/spawn-and-wait.mjs'

/** @type {import('@loop/bench-kit').Suite} */
export default { name: 'process', title: 'Subprocesses', scenarios: [spawnAndWait, communicate, manyAtOnce] }
