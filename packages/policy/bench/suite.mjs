/** Virtual time, and what watching costs while it is off. */
import hooksOff from './scenarios/hooks-off.mjs'
import yearOfTimers from './scenarios/year-of-timers.mjs'

/** @type {import('@loop/bench-kit').Suite} */
export default { name: 'policy', title: 'Deterministic and debug loops', scenarios: [yearOfTimers, hooksOff] }
