import { contenders, measures } from '../contenders.mjs'

export default {
  name: 'lock-free',
  title: 'A lock that nobody else wants: acquire and release',
  measures,
  points: [{ label: '100,000 times', operations: 100_000 }],
  quick: [{ label: '20,000 times', operations: 20_000 }],
  contenders: contenders('lock-free', ['async-mutex', 'p-limit', 'effect']),
  asked: ['loop', 'loop-async'],
}
