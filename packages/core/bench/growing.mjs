/** The sizes of what grows; for a quick run two of them. */
const at = (count) => ({ label: `${count.toLocaleString('en')}`, count })

export const growing = {
  growth: 'count',
  points: [1000, 10_000, 100_000, 1_000_000].map(at),
  quick: [1000, 10_000].map(at),
}
