// Resident memory in MiB that each worker adds, threads only.
export const run = async (pool, { workers }) => {
  const before = process.memoryUsage.rss()
  await Promise.all(Array.from({ length: workers * 4 }, () => pool.run('spin', 20)))
  return { mib: (process.memoryUsage.rss() - before) / 2 ** 20 / workers }
}
