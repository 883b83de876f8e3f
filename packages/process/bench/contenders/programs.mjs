/** What is run in each scenario: once per operation, `together` of them at the same time. */
import process from 'node:process'
import { pointGiven, work } from '@loop/bench-kit/worker'

/** The point, with what the scenario needs. */
export const point = pointGiven()
export const input = Buffer.alloc(point.bytes ?? 0, 'loop')

/**
 * Measures `once`, which runs one program to its end; `around` runs the whole, in a loop of its own where there is one.
 * @param {() => PromiseLike<unknown>} once
 * @param {(main: () => Promise<void>) => unknown} [around]
 */
export const measure = (once, around = (main) => main()) =>
  work(
    {
      only: {
        operations: point.operations,
        repeats: 5,
        run: () =>
          around(async () => {
            const together = point.together ?? 1
            for (let left = point.operations; left > 0; left -= together)
              await Promise.all(Array.from({ length: together }, once))
          }),
      },
    },
    'only',
  )

export const scenario = process.argv[2]
