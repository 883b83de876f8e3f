// The same jobs on a store of your choice: pnpm --filter @loop/demo jobs --store=memory | sqlite:FILE | postgres://...
import { parseArgs } from 'node:util'
import { run } from '@loop/core'
import { performJobs } from './perform.ts'
import { statusTable } from './status-table.ts'
import { storeFor } from './stores.ts'

const { values } = parseArgs({ options: { store: { type: 'string', default: 'memory' } } })
const store = await storeFor(values.store)
const status = await run(() => performJobs(store, (line) => console.log(line)))
console.log(`\n${statusTable(status)}`)
