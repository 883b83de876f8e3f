/** What a short program costs: nothing is warm yet. */
import coldStart from './cold-start.mjs'

/** @type {import('@loop/bench-kit').Suite} */
export default { name: 'cold-start', title: 'From a fresh process', scenarios: [coldStart] }
