import { expect, test } from 'vitest'
import { ThreadPoolExecutor } from '../src/index.ts'
test('smoke', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 2 })
  expect(await pool.submit((n: number) => n * 2, [21])).toBe(42)
  expect(await pool.submit((o: object) => ({ ...o, b: 2 }), [{ a: 1 }])).toEqual({ a: 1, b: 2 })
  expect(await pool.submit(async (n: number) => { await new Promise((r) => setTimeout(r, 5)); return n }, [7])).toBe(7)
  await expect(pool.submit(() => { throw new TypeError('no') }, [])).rejects.toThrow('no')
  const outer = 5
  await expect(pool.submit(() => outer, [])).rejects.toThrow(/outer/)
  await expect(pool.submit(() => process.exit(3), [])).rejects.toThrow(/exit code 3/)
  const out = []
  for await (const x of pool.map((n: number) => n * n, [1, 2, 3, 4, 5], { chunkSize: 2 })) out.push(x)
  expect(out).toEqual([1, 4, 9, 16, 25])
  console.log(pool.statistics())
})
