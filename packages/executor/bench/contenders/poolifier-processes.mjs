import { fileURLToPath } from 'node:url'
import { FixedClusterPool } from 'poolifier'

const script = fileURLToPath(new URL('../tasks/poolifier-process.cjs', import.meta.url))

export const create = ({ workers }) => {
  const pool = new FixedClusterPool(workers, script)
  return { run: (name, arg) => pool.execute({ name, arg }), close: () => pool.destroy() }
}
