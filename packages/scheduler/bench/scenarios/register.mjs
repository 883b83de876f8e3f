// Milliseconds to register 10,000 jobs: 1,440 different times of day as cron, or intervals.
export const unit = 'ms'
const JOBS = 10_000

export async function measure(contender, kind) {
  let elapsed = null
  await contender.session(async (jobs) => {
    if (jobs[kind] === undefined) return
    const began = process.hrtime.bigint()
    for (let i = 0; i < JOBS; i++) {
      jobs[kind](`job-${i}`, kind === 'cron' ? `${i % 60} ${Math.floor(i / 60) % 24} * * *` : 3_600_000 + i, () => {})
    }
    elapsed = Number(process.hrtime.bigint() - began) / 1e6
    await jobs.stop()
  })
  return elapsed
}
