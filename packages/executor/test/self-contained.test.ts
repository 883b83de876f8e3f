/** The program of a worker is made of this package's own functions: the package's own analysis holds them to it. */
import { expect, test } from 'vitest'
import { NotSerializableError } from '../src/errors.ts'
import { createDoorClient } from '../src/door/door-client.ts'
import { analyse } from '../src/functions/analyser.ts'
import { processParts } from '../src/processes/process-source.ts'
import { processWorker } from '../src/processes/process-worker.ts'
import { threadParts } from '../src/threads/thread-source.ts'
import { threadWorker } from '../src/threads/thread-worker.ts'

const parts = { ...threadParts, ...processParts, threadWorker, processWorker, createDoorClient }

test.each(Object.entries(parts))('%s uses nothing of the module around it', (_name, part) => {
  const finding = analyse(part)
  expect(finding instanceof NotSerializableError ? finding.message : 'self-contained').toBe('self-contained')
})
