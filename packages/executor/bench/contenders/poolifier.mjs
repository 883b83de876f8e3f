import { fileURLToPath } from 'node:url'
import { FixedThreadPool } from 'poolifier'

const script = fileURLToPath(new URL('../tasks/poolifier-thread.mjs', import.meta.url))

export const create = ({ workers }) => {
  const pool = new FixedThreadPool(workers, script)
  return {
    run: (name, arg, transfer) => pool.execute({ name, arg }, undefined, undefined, transfer),
    close: () => pool.destroy(),
  }
}
