// Milliseconds to register jobs: 1,440 different times of day as cron, or intervals.

export async function measure(contender, kind, { jobs: count }) {
  let ms = 0
  await contender.session(async (jobs) => {
    const began = process.hrtime.bigint()
    for (let i = 0; i < count; i++) {
      jobs[kind](`job-${i}`, kind === 'cron' ? `${i % 60} ${Math.floor(i / 60) % 24} * * *` : 3_600_000 + i, () => {})
    }
    ms = Number(process.hrtime.bigint() - began) / 1e6
    await jobs.stop()
  })
  return { ms }
}
