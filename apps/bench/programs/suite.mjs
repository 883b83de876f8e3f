/** Small programs as a whole: how soon they are done in a fresh process, how exact their timers are. */
import coldStart from './scenarios/cold-start.mjs'
import precision from './scenarios/precision.mjs'

/** @type {import('@loop/bench-kit').Suite} */
export default { name: 'programs', title: 'Whole programs', scenarios: [coldStart, precision] }
