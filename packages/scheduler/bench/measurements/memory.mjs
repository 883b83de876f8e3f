// Bytes of heap that a registered job keeps.

export async function measure(contender, kind, { jobs: count }) {
  let bytes = 0
  await contender.session(async (jobs) => {
    const add = (from, count) => {
      for (let i = from; i < from + count; i++) {
        jobs[kind](`job-${i}`, kind === 'cron' ? `${i % 60} ${Math.floor(i / 60) % 24} * * *` : 3_600_000 + i, () => {})
      }
    }
    // What is made once, whatever the number of jobs, is not counted.
    add(0, 1440)
    const before = heap()
    add(1440, count)
    bytes = (heap() - before) / count
    await jobs.stop()
  })
  return { bytes }
}

function heap() {
  for (let i = 0; i < 3; i++) globalThis.gc()
  return process.memoryUsage().heapUsed
}
