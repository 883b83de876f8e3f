import { contenders } from '../contenders.mjs'
import { lateness } from '../lateness.mjs'

export default {
  name: 'accuracy-cron',
  title: 'How late 1,000 cron jobs a second start',
  ...lateness,
  contenders: contenders('accuracy', 'cron'),
  goals: [{ what: 'accuracy with 1,000 cron jobs a second', of: 'loop', against: 'best peer', atLeast: 1 }],
}
