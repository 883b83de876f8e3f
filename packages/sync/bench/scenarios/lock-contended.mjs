import { contenders, measures } from '../contenders.mjs'

export default {
  name: 'lock-contended',
  title: 'A lock that 100 tasks want: acquire, give way, release',
  measures,
  points: [{ label: '100,000 times', operations: 100_000 }],
  quick: [{ label: '20,000 times', operations: 20_000 }],
  contenders: contenders('lock-contended', ['async-mutex', 'p-limit', 'effect']),
  note: 'In async-mutex and p-limit the holder gives way by a setImmediate of its own, the nearest thing to a turn.',
  asked: ['loop', 'loop-async'],
  goals: [
    { what: 'a contended lock', of: 'loop-async', against: 'asyncio', atLeast: 1 },
    { what: 'a contended lock', of: 'loop-async', against: 'uvloop', atLeast: 1 },
    { what: 'a contended lock', of: 'loop-async', against: 'async-mutex', atLeast: 1 },
    { what: 'a contended lock', of: 'loop-async', against: 'p-limit', atLeast: 1 },
    { what: 'a contended lock', of: 'loop-async', against: 'effect', atLeast: 1 },
  ],
}
