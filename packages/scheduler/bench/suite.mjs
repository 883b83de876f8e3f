/** The scheduler beside croner, node-cron, toad-scheduler and node-schedule. */
import accuracyCron from './scenarios/accuracy-cron.mjs'
import accuracyIntervals from './scenarios/accuracy-intervals.mjs'
import fireCron from './scenarios/fire-cron.mjs'
import fireIntervals from './scenarios/fire-intervals.mjs'
import manyJobs from './scenarios/many-jobs.mjs'
import memoryCron from './scenarios/memory-cron.mjs'
import memoryIntervals from './scenarios/memory-intervals.mjs'
import registerCron from './scenarios/register-cron.mjs'
import registerIntervals from './scenarios/register-intervals.mjs'

/** @type {import('@loop/bench-kit').Suite} */
export default {
  name: 'scheduler',
  title: 'Scheduler',
  scenarios: [
    registerCron,
    registerIntervals,
    fireCron,
    fireIntervals,
    accuracyCron,
    accuracyIntervals,
    memoryCron,
    memoryIntervals,
    manyJobs,
  ],
}
