import { ProcessPoolExecutor } from '@loop/executor'
import * as functions from '../tasks/functions.mjs'

export const create = ({ workers }) => {
  const pool = new ProcessPoolExecutor({ minWorkers: workers, maxWorkers: workers })
  return { run: (name, arg) => pool.submit(functions[name], [arg]), close: () => pool.shutdown() }
}
