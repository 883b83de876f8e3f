/** Virtual time of whole clusters: how much real time it takes, and whether seeds leave anything behind. */
import hourOfMessages from './scenarios/hour-of-messages.mjs'
import manySeeds from './scenarios/many-seeds.mjs'
import quietDay from './scenarios/quiet-day.mjs'

/** @type {import('@loop/bench-kit').Suite} */
export default {
  name: 'simulation',
  title: 'Simulated hosts in virtual time',
  scenarios: [hourOfMessages, quietDay, manySeeds],
}
