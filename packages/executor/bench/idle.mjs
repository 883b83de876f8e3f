// CPU that a pool takes while it has nothing to do, in percent of a core, after it was busy.
import { ThreadPoolExecutor } from '@loop/executor'
import { trivial } from './tasks/functions.mjs'

const pool = new ThreadPoolExecutor({ maxWorkers: 1, spin: true })
for (let i = 0; i < 1000; i++) await pool.submit(trivial, [i])
await new Promise((resolve) => setTimeout(resolve, 300))
const before = process.cpuUsage()
const start = performance.now()
await new Promise((resolve) => setTimeout(resolve, 2000))
const used = process.cpuUsage(before)
console.log(JSON.stringify((used.user + used.system) / 1000 / (performance.now() - start) * 100))
await pool.shutdown()
