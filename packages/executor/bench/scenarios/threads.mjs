import { pool, pythonExecutor, threads } from '../contenders.mjs'
import { at, point, quick } from '../points.mjs'

const promised = [point('trivial', 1, 256), point('trivial', 1, 16), point('trivial', 1, 1), point('object', 1, 256)]
const oneWorker = ({ task, workers }) => task === 'trivial' && workers === 1
const trivialTask = ({ task }) => task === 'trivial'

export default {
  name: 'threads',
  title: 'Thread pools in a closed loop',
  note: 'A fixed number of calls is under way at any time. Spinning (opt-in) is shown beside; goals are without it.',
  measures: { rate: { title: 'calls', unit: '1/s', better: 'more' } },
  points: promised,
  quick: quick([promised[0], promised[2]]),
  rounds: 5,
  contenders: [
    ...threads.map((name) => pool(name, 'closed-loop')),
    { ...pool('loop-spinning', 'closed-loop'), takes: oneWorker },
    { ...pythonExecutor('threads'), takes: trivialTask },
  ],
  headline: {
    what: 'small tasks on a worker thread, 256 in flight',
    of: 'loop-threads',
    against: ['piscina', 'poolifier'],
    over: at('trivial', 1, 256),
  },
  goals: [
    {
      what: 'trivial task, 256 in flight',
      of: 'loop-threads',
      against: 'piscina',
      atLeast: 100,
      over: at('trivial', 1, 256),
    },
    {
      what: 'trivial task, 256 in flight',
      of: 'loop-threads',
      against: 'best peer',
      atLeast: 15,
      over: at('trivial', 1, 256),
    },
    {
      what: 'trivial task, 256 in flight',
      of: 'loop-threads',
      against: 'raw',
      atLeast: 2.5,
      over: at('trivial', 1, 256),
    },
    {
      what: 'trivial task, 16 in flight',
      of: 'loop-threads',
      against: 'piscina',
      atLeast: 12,
      over: at('trivial', 1, 16),
    },
    {
      what: 'trivial task, 16 in flight',
      of: 'loop-threads',
      against: 'piscina-tuned',
      atLeast: 1.7,
      over: at('trivial', 1, 16),
    },
    {
      what: 'trivial task, one at a time',
      of: 'loop-threads',
      against: 'raw',
      atLeast: 0.8,
      over: at('trivial', 1, 1),
    },
    {
      what: 'trivial task, one at a time',
      of: 'loop-threads',
      against: 'best peer',
      atLeast: 1,
      over: at('trivial', 1, 1),
    },
    {
      what: 'small objects, 256 in flight',
      of: 'loop-threads',
      against: 'piscina',
      atLeast: 30,
      over: at('object', 1, 256),
    },
    {
      what: 'small objects, 256 in flight',
      of: 'loop-threads',
      against: 'raw',
      atLeast: 1.5,
      over: at('object', 1, 256),
    },
  ],
}
