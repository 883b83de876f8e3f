import { contenders, measures } from '../contenders.mjs'

export default {
  name: 'queue-free',
  title: 'A queue without limit: put and get; per item',
  measures,
  points: [{ label: '100,000 times', operations: 100_000 }],
  quick: [{ label: '20,000 times', operations: 20_000 }],
  contenders: contenders('queue-free', ['effect']),
  asked: ['loop', 'loop-async'],
}
