import { create as createPool } from './loop-threads.mjs'

export const create = ({ workers }) => createPool({ workers, spin: true })
