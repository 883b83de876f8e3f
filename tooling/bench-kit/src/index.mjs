/** Side-by-side benchmarks: the interface is in types.mjs. */
export { factsOf, judge, relative } from './goals.mjs'
export { busyCores, isBusy } from './load.mjs'
export { machine } from './machine.mjs'
export { LEADING_NODE, nodeLines } from './nodes.mjs'
export { bun, cc, nodeOf, python, uvloop, uvloopFolder } from './peers.mjs'
export { end, endAll, runForJson, start } from './processes.mjs'
export { inNode, inPython, onNode, pythonLoops, pythonPeer } from './programs.mjs'
export { bestOf, ratio, ratiosByRound } from './ratios.mjs'
export { checkNames, planOf, run, sizeOf, UnknownNameError } from './run.mjs'
export { geometricMean, median, summarize } from './statistics.mjs'

/** @typedef {import('./types.mjs').Contender} Contender */
/** @typedef {import('./types.mjs').Context} Context */
/** @typedef {import('./types.mjs').Fact} Fact */
/** @typedef {import('./types.mjs').Judgement} Judgement */
/** @typedef {import('./types.mjs').Measure} Measure */
/** @typedef {import('./types.mjs').PointResult} PointResult */
/** @typedef {import('./types.mjs').Scenario} Scenario */
/** @typedef {import('./types.mjs').ScenarioResult} ScenarioResult */
/** @typedef {import('./types.mjs').Suite} Suite */
/** @typedef {import('./run.mjs').Choice} Choice */
/** @typedef {import('./run.mjs').Entry} Entry */
/** @typedef {import('./run.mjs').Finished} Finished */
/** @typedef {import('./nodes.mjs').NodeLine} NodeLine */
