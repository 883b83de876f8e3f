// One task of 400 ms, then 200 of 1 ms: milliseconds until the last short one has answered.
export const run = async (pool) => {
  for (let i = 0; i < 8; i++) await Promise.all([pool.run('spin', 1), pool.run('spin', 1)])
  const start = performance.now()
  const long = pool.run('spin', 400)
  await Promise.all(Array.from({ length: 200 }, () => pool.run('spin', 1)))
  const time = performance.now() - start
  await long
  return { ms: time }
}
