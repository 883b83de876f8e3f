import { onFakeHost, onRealHost } from '../fake-host.mjs'

export const name = 'node-cron'

async function load() {
  const { default: cron } = await import('node-cron')
  const jobs = []
  return {
    cron: (id, pattern, fn) => void jobs.push(cron.schedule(pattern, fn, { name: id })),
    stop: () => Promise.all(jobs.map((job) => job.destroy())),
  }
}

export const session = onRealHost(load)
export const accelerated = onFakeHost(load)
