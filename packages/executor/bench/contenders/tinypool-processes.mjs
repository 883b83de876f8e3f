import { create as createPool } from './tinypool.mjs'

export const create = ({ workers }) => createPool({ workers, runtime: 'child_process' })
