import { ProcessPoolExecutor } from '../src/index.ts'
import { executorContract } from './contract.ts'

// Processes share no memory: nothing can be transferred, and a task that was sent cannot be taken back.
executorContract({ name: 'processes', make: (options) => new ProcessPoolExecutor(options), transfer: false, kill: true, revoke: false })
