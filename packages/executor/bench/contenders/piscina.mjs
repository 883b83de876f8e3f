import { Piscina } from 'piscina'

const filename = new URL('../tasks/default-exports.mjs', import.meta.url).href

export const create = ({ workers, tasksPerWorker = 1, options = {} }) => {
  const pool = new Piscina({
    filename,
    minThreads: workers,
    maxThreads: workers,
    concurrentTasksPerWorker: tasksPerWorker,
    ...options,
  })
  return {
    run: (name, arg, transfer) => pool.run({ name, arg }, transfer && { transferList: transfer }),
    close: () => pool.destroy(),
  }
}
