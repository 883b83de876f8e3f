import { readFile } from 'node:fs/promises'
import { expect, test, vi } from 'vitest'

test('the example in the README is the one that is run here, and prints what the README says', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const example = await readFile(new URL('./examples/pipeline.ts', import.meta.url), 'utf8')
  expect(/```ts\n([\s\S]*?)```/.exec(readme)?.[1]).toBe(example)

  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  await import('./examples/pipeline.ts')
  expect(log.mock.calls).toEqual([
    ['anna', 'did', 'wash'],
    ['ben', 'did', 'dry'],
    ['anna', 'did', 'iron'],
  ])
  log.mockRestore()
})
