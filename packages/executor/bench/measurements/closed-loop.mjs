// `concurrency` clients, each with one call under way: calls a second.
const values = {
  trivial: () => 1,
  object: () => ({ a: 1, b: 'hello', c: [1, 2, 3] }),
  bytes: () => new Uint8Array(2 ** 20),
  block: () => new Uint8Array(2 ** 16),
  wait: () => 10,
}

export const run = async (pool, { task, concurrency, transfer = false, warmMs, measureMs }) => {
  let calls = 0
  let ended = false
  const value = values[task]
  const shared = transfer ? null : value()
  const client = async () => {
    while (!ended) {
      const arg = shared ?? value()
      await pool.run(task, arg, transfer ? [arg.buffer] : undefined)
      calls++
    }
  }
  await pool.run(task, value())
  const clients = Array.from({ length: concurrency }, client)
  await new Promise((resolve) => setTimeout(resolve, warmMs))
  const before = calls
  const start = performance.now()
  await new Promise((resolve) => setTimeout(resolve, measureMs))
  const rate = (calls - before) / ((performance.now() - start) / 1000)
  ended = true
  await Promise.all(clients)
  return { rate }
}
