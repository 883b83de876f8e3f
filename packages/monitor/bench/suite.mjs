/** What it costs to be watched. */
import idle from './scenarios/monitor-idle.mjs'
import overhead from './scenarios/monitor-overhead.mjs'

/** @type {import('@loop/bench-kit').Suite} */
export default { name: 'monitor', title: 'Monitor', scenarios: [overhead, idle] }
