import { InlineExecutor } from '../src/index.ts'
import { executorContract } from './contract.ts'

// There is no worker that could be ended.
executorContract({ name: 'inline', make: (options) => new InlineExecutor(options), transfer: true, kill: false, revoke: true })
