import { InlineExecutor } from '../src/index.ts'
import { executorContract, type Kind } from './contract.ts'
import { hardUseContract } from './contract-hard-use.ts'

// There is no worker that could be ended.
const kind: Kind = {
  name: 'inline',
  make: (options) => new InlineExecutor(options),
  transfer: true,
  kill: false,
  revoke: true,
}

executorContract(kind)
hardUseContract(kind)
