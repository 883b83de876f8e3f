import { contenders, measures } from '../contenders.mjs'

const MIB = 1024 * 1024

export default {
  name: 'communicate',
  title: 'Write 1 MiB to /bin/cat and read it back',
  note: 'Loop gives each child a session of its own. Where Linux schedules sessions as groups, that costs time on a loaded machine.',
  measures,
  points: [{ label: '100 times', operations: 100, bytes: MIB }],
  quick: [{ label: '20 times', operations: 20, bytes: MIB }],
  contenders: contenders('cat'),
  goals: [
    {
      what: 'communicating 1 MiB with a process',
      of: 'loop',
      against: 'node',
      atLeast: 1 / 1.1,
    },
  ],
}
