import { ThreadPoolExecutor } from '../src/index.ts'
import { executorContract, type Kind } from './contract.ts'
import { hardUseContract } from './contract-hard-use.ts'

const kind: Kind = {
  name: 'threads',
  make: (options) => new ThreadPoolExecutor(options),
  transfer: true,
  kill: true,
  revoke: true,
}

executorContract(kind)
hardUseContract(kind)
