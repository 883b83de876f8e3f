// Work that is nothing but computing, in sixteen parts: parts a second.
const WARM_MS = 300

export const run = async (pool, { parts = 16, size = 1e7 }) => {
  // Until every worker has started and compiled the function.
  for (const end = performance.now() + WARM_MS; performance.now() < end;) {
    await Promise.all([pool.run('compute', 1e6), pool.run('compute', 1e6)])
  }
  const start = performance.now()
  await Promise.all(Array.from({ length: parts }, () => pool.run('compute', size)))
  return { rate: parts / ((performance.now() - start) / 1000) }
}
