import { contenders, measures } from '../contenders.mjs'

export default {
  name: 'event-ping-pong',
  title: 'Two tasks that wake each other through events; per wake-up',
  measures,
  points: [{ label: '100,000 times', operations: 100_000 }],
  quick: [{ label: '20,000 times', operations: 20_000 }],
  contenders: contenders('event-ping-pong'),
}
