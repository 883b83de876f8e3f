import { contenders, measures } from '../contenders.mjs'

export default {
  name: 'many-processes',
  title: 'Start /bin/true 50 at a time; per process',
  note: 'Loop gives each child a session of its own. Where Linux schedules sessions as groups, that costs time on a loaded machine.',
  measures,
  points: [{ label: '200 processes', operations: 200, together: 50 }],
  quick: [{ label: '100 processes', operations: 100, together: 50 }],
  contenders: contenders('true'),
}
