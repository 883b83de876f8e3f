// Fifty thousand calls at once: calls a second until the last has answered.
export const run = async (pool, { count = 50_000 }) => {
  await pool.run('trivial', 1)
  const start = performance.now()
  const calls = []
  for (let i = 0; i < count; i++) calls.push(pool.run('trivial', i))
  await Promise.all(calls)
  return count / ((performance.now() - start) / 1000)
}
