import { Tinypool } from 'tinypool'

const filename = new URL('../tasks/default-exports.mjs', import.meta.url).href

export const create = ({ workers, runtime = 'worker_threads' }) => {
  const pool = new Tinypool({ filename, minThreads: workers, maxThreads: workers, runtime, env: process.env })
  return {
    run: (name, arg, transfer) => pool.run({ name, arg }, transfer && { transferList: transfer }),
    close: () => pool.destroy(),
  }
}
