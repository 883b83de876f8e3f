import { ThreadPoolExecutor } from '../src/index.ts'
import { executorContract } from './contract.ts'

executorContract({ name: 'threads', make: (options) => new ThreadPoolExecutor(options), transfer: true, kill: true, revoke: true })
