import { ProcessPoolExecutor } from '../src/index.ts'
import { executorContract, type Kind } from './contract.ts'
import { hardUseContract } from './contract-hard-use.ts'

// Processes share no memory: nothing can be transferred, and a task that was sent cannot be taken back.
const kind: Kind = {
  name: 'processes',
  make: (options) => new ProcessPoolExecutor(options),
  transfer: false,
  kill: true,
  revoke: false,
}

executorContract(kind)
hardUseContract(kind)
