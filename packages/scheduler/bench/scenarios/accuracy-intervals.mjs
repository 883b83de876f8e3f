import { contenders } from '../contenders.mjs'
import { lateness } from '../lateness.mjs'

export default {
  name: 'accuracy-intervals',
  title: 'How late 1,000 intervals a second start',
  ...lateness,
  contenders: contenders('accuracy', 'every'),
  goals: [{ what: 'accuracy with 1,000 intervals a second', of: 'loop', against: 'best peer', atLeast: 1 }],
}
