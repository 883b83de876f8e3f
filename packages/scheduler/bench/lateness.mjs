/** What the scenarios of accuracy have in common: they measure in real time how late runs start. */
export const lateness = {
  measures: {
    p99: { title: 'late, 99th percentile', unit: 'ms', better: 'less' },
    p50: { title: 'late, median', unit: 'ms', better: 'less' },
  },
  points: [{ label: '4 s', warmUp: 2, seconds: 4 }],
  quick: [{ label: '2 s', warmUp: 1, seconds: 2 }],
}
