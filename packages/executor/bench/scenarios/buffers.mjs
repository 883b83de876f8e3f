import { pool, threads } from '../contenders.mjs'
import { point, quick } from '../points.mjs'

const copied = point('bytes', 1, 4, { label: '1 MiB copied, 4 in flight' })
const transferred = point('bytes', 1, 4, { label: '1 MiB transferred, 4 in flight', transfer: true })

const moved = point('block', 1, 16, { label: '64 KiB moved, 16 in flight', transfer: true })

export default {
  name: 'buffers',
  title: 'Large buffers to a thread',
  measures: { rate: { title: 'calls', unit: '1/s', better: 'more' } },
  points: [copied, transferred, moved],
  quick: quick([moved]),
  rounds: 5,
  contenders: threads.map((name) => pool(name, 'closed-loop')),
  goals: [
    {
      what: '1 MiB copied',
      of: 'loop-threads',
      against: 'piscina',
      atLeast: 2,
      over: ({ transfer }) => transfer !== true,
    },
    {
      what: '64 KiB moved',
      of: 'loop-threads',
      against: 'piscina',
      atLeast: 2,
      over: ({ task }) => task === 'block',
    },
  ],
}
