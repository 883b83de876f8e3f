import { createDoorClient } from '../door/door-client.ts'
import { createDoorMemory } from '../door/door-memory.ts'
import { createCells } from '../worker/cells.ts'
import { createErrorEncoder } from '../worker/error-codec.ts'
import { createFunctionTable } from '../worker/function-table.ts'
import { createInspector } from '../worker/inspector.ts'
import { createMonotonicClock } from '../worker/monotonic.ts'
import { sendOutput } from '../worker/output.ts'
import { workerSource } from '../worker/source.ts'
import { createStandInReplacer } from '../worker/stand-ins.ts'
import { createTaskContext } from '../worker/task-context.ts'
import { createSlotTable } from './slot-table.ts'
import { threadWorker, type ThreadWorkerParts } from './thread-worker.ts'

/** The functions that travel to a thread. */
export const threadParts: ThreadWorkerParts = {
  createSlotTable,
  createErrorEncoder,
  createFunctionTable,
  createMonotonicClock,
  createTaskContext,
  createStandInReplacer,
  createDoorClient,
  createDoorMemory,
  createCells,
  createInspector,
  sendOutput,
}

let source: string | null = null

/** The program of a worker thread. */
export function threadSource(): string {
  source ??= workerSource(threadWorker, { ...threadParts })
  return source
}
