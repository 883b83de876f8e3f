import { contenders, measures } from '../contenders.mjs'

export default {
  name: 'spawn-and-wait',
  title: 'Start /bin/true and wait for its end',
  note: 'Loop gives each child a session of its own. Where Linux schedules sessions as groups, that costs time on a loaded machine.',
  measures,
  points: [{ label: '200 times', operations: 200 }],
  quick: [{ label: '50 times', operations: 50 }],
  contenders: contenders('true'),
  goals: [
    {
      what: 'starting a process and waiting for it',
      of: 'loop',
      against: 'node',
      atLeast: 1 / 1.1,
    },
  ],
}
