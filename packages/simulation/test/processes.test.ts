import { Program } from '@loop/test-kit'
import { expect, test } from 'vitest'

/** What a new process prints, which imports the sources. */
async function printed(): Promise<readonly string[]> {
  await using program = new Program(new URL('./programs/hashes.mjs', import.meta.url), [])
  const { code, lines, errors } = await program.end()
  expect([code, errors]).toEqual([0, ''])
  return lines
}

test('two processes have the same traces', async () => {
  const [first, second] = await Promise.all([printed(), printed()])
  expect(first).toEqual(second)
  expect(new Set(first).size).toBe(5)
})
