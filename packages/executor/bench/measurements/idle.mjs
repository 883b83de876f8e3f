// CPU that a pool takes while it has nothing to do, in percent of a core, after it was busy: idle.mjs spin|sleep POINT.
import { ThreadPoolExecutor } from '@loop/executor'
import { trivial } from '../tasks/functions.mjs'

const { seconds } = JSON.parse(process.argv[3])
const pool = new ThreadPoolExecutor({ maxWorkers: 1, spin: process.argv[2] === 'spin' })
for (let i = 0; i < 1000; i++) await pool.submit(trivial, [i])
await new Promise((resolve) => setTimeout(resolve, 300))
const before = process.cpuUsage()
const start = performance.now()
await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
const used = process.cpuUsage(before)
console.log(JSON.stringify({ percent: ((used.user + used.system) / 1000 / (performance.now() - start)) * 100 }))
await pool.shutdown()
