import { create as createPool } from './workerpool.mjs'

export const create = ({ workers }) => createPool({ workers, workerType: 'process' })
