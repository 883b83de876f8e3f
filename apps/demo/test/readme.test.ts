import { readFile } from 'node:fs/promises'
import { expect, test, vi } from 'vitest'

test('the example in the README is the one that is run here, and prints what the README says', async () => {
  const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8')
  const example = await readFile(new URL('../examples/hello.mjs', import.meta.url), 'utf8')
  expect(/```js\n([\s\S]*?)```/.exec(readme)?.[1]).toBe(example)

  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  await import('../examples/hello.mjs')
  expect(log.mock.calls).toEqual([['hello'], ['cleaned up'], ['the deadline of 500 ms passed']])
  log.mockRestore()
})
