import { FixedQueue } from 'piscina'
import { create as createPool } from './piscina.mjs'

export const create = ({ workers }) =>
  createPool({ workers, options: { concurrentTasksPerWorker: 64, recordTiming: false, taskQueue: new FixedQueue() } })
