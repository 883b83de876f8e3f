import { ThreadPoolExecutor } from '@loop/executor'
import * as functions from '../tasks/functions.mjs'

export const create = ({ workers, tasksPerWorker = 1, spin = false }) => {
  const pool = new ThreadPoolExecutor({ minWorkers: workers, maxWorkers: workers, tasksPerWorker, spin })
  return {
    run: (name, arg, transfer) => pool.submit(functions[name], [arg], transfer && { transfer }),
    close: () => pool.shutdown(),
  }
}
