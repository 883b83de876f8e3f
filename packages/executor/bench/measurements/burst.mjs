// Many calls at once: calls a second until the last has answered.
export const run = async (pool, { count }) => {
  await pool.run('trivial', 1)
  const start = performance.now()
  const calls = []
  for (let i = 0; i < count; i++) calls.push(pool.run('trivial', i))
  await Promise.all(calls)
  return { rate: count / ((performance.now() - start) / 1000) }
}
