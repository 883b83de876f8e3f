// Resident memory that each of eight workers adds, as the reciprocal of MiB, so that more is better. Threads only.
export const run = async (pool, { workers }) => {
  const before = process.memoryUsage.rss()
  await Promise.all(Array.from({ length: workers * 4 }, () => pool.run('spin', 20)))
  return workers / ((process.memoryUsage.rss() - before) / 2 ** 20)
}
