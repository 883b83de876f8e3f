import { expect, test } from 'vitest'
import type { Future } from '../src/index.ts'
import { asCompleted, gather, run, wait, waitFor } from '../src/index.ts'
import { virtualLoop } from './support.ts'

const outcome = async (use: () => unknown): Promise<string> => {
  try {
    await use()
    return 'a value'
  } catch (error) {
    return (error as Error).name
  }
}

const uses: Record<string, (future: Future) => unknown> = {
  await: async (future) => void (await future),
  waitFor: (future) => waitFor(future, 50),
  'waitFor without a limit': (future) => waitFor(future, null),
  gather: (future) => gather([future]),
  wait: (future) => wait([future]),
  asCompleted: (future) => [...asCompleted([future])],
  runUntilComplete: (future) => virtualLoop().runUntilComplete(future),
}

test.each(Object.entries(uses))('%s refuses one at once', async (_name, use) => {
  const other = virtualLoop()
  expect(await run(async () => outcome(() => use(other.createFuture())))).toBe('InvalidStateError')
  other.close()
})

test('a list is wanted where several are waited for: one future is none, done or not', async () => {
  const names = await run(async () => {
    const loop = virtualLoop()
    const done = loop.createFuture<string>()
    done.setResult('done')
    const found: string[] = []
    for (const future of [done, loop.createFuture()]) {
      for (const use of [gather, wait, asCompleted] as unknown as ((future: unknown) => unknown)[])
        found.push(await outcome(() => use(future)))
    }
    for (const odd of [null, undefined, 5, 'text', {}]) found.push(await outcome(() => gather(odd as never)))
    return found
  })
  expect(new Set(names)).toEqual(new Set(['TypeError']))
})
