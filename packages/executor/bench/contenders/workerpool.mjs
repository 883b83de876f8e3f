import { fileURLToPath } from 'node:url'
import workerpool from 'workerpool'

const script = fileURLToPath(new URL('../tasks/workerpool.mjs', import.meta.url))

export const create = ({ workers, workerType = 'thread' }) => {
  const pool = workerpool.pool(script, { minWorkers: workers, maxWorkers: workers, workerType })
  return {
    run: (name, arg, transfer) => pool.exec(name, [arg], transfer && { transfer }),
    close: () => pool.terminate(),
  }
}
