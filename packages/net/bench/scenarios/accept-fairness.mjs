import { accepting } from '../contenders.mjs'

export default {
  name: 'accept-fairness',
  title: 'How evenly two workers share 1,000 connections',
  note: 'The share of the worker that got least, in per cent of what would be even. The kernel chooses by a hash of the addresses for workers that share a port; node:cluster deals them out in turn.',
  measures: { least: { title: 'least share', unit: '% of even', better: 'more', ratios: false } },
  points: [{ label: '2 workers', workers: 2, connections: 1000 }],
  quick: [],
  contenders: accepting,
}
