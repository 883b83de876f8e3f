/** The smallest program that measures: ten additions a run, so many runs as the point says. */
import { pointGiven, work } from '@loop/bench-kit/worker'

const { operations, repeats } = pointGiven()
export let sum = 0

await work({
  add: {
    operations,
    repeats,
    run: () => {
      for (let i = 0; i < operations; i++) sum += i
    },
  },
})
