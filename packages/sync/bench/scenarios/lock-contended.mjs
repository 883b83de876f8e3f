import { contenders, measures } from '../contenders.mjs'

export default {
  name: 'lock-contended',
  title: 'A lock that 100 tasks want: acquire, give way, release',
  measures,
  points: [{ label: '100,000 times', operations: 100_000 }],
  quick: [{ label: '20,000 times', operations: 20_000 }],
  contenders: contenders('lock-contended'),
}
