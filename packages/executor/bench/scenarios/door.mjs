import { inNode } from '@loop/bench-kit'

const program = new URL('../measurements/door.mjs', import.meta.url)

export default {
  name: 'door',
  title: 'Calls from a thread into the loop (callSoonThreadsafe)',
  measures: { rate: { title: 'calls', unit: '1/s', better: 'more' } },
  points: [{ label: 'a million calls', calls: 1_000_000 }],
  quick: [{ label: '200,000 calls', calls: 200_000 }],
  rounds: 5,
  contenders: [
    { name: 'door', title: 'Loop, through the door', kind: 'ours', measure: inNode(program, ['door']) },
    { name: 'messages', title: 'a postMessage per call', kind: 'limit', measure: inNode(program, ['messages']) },
  ],
  goals: [{ what: 'callSoonThreadsafe', of: 'door', against: 'messages', atLeast: 7 }],
}
