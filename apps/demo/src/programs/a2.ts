import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '@loop/core'
import { JOBS_PRINT } from '../jobs/jobs.ts'
import { performJobs } from '../jobs/perform.ts'
import { storeFor } from '../jobs/stores.ts'
import { defineProgram } from '../program.ts'

export const program = defineProgram({
  id: 'A2',
  section: 'Scheduler',
  title: 'The same jobs on two stores',
  idea: 'One file of jobs, in memory and in a SQLite file; PostgreSQL is a flag of the same program: pnpm --filter @loop/demo jobs.',
  expected: ['memory: ', 'sqlite: '].map((name) => `${name}${JOBS_PRINT.join(', ')}`),

  async runAlone({ print }) {
    const folder = mkdtempSync(join(tmpdir(), 'loop-demo-'))
    try {
      for (const choice of ['memory', `sqlite:${join(folder, 'jobs.db')}`]) {
        const lines: string[] = []
        const store = await storeFor(choice)
        await run(() => performJobs(store, (line) => lines.push(line)))
        print(`${store.name}: ${lines.join(', ')}`)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
})
