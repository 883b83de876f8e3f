import { onFakeHost, onRealHost } from '../fake-host.mjs'

export const name = 'croner'

async function load() {
  const { Cron } = await import('croner')
  const jobs = []
  return {
    cron: (_, pattern, fn) => void jobs.push(new Cron(pattern, fn)),
    stop: () => jobs.forEach((job) => job.stop()),
  }
}

export const session = onRealHost(load)
export const accelerated = onFakeHost(load)
