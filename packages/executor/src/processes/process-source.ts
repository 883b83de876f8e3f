import { createErrorEncoder } from '../worker/error-codec.ts'
import { createFunctionTable } from '../worker/function-table.ts'
import { createInspector } from '../worker/inspector.ts'
import { createMonotonicClock } from '../worker/monotonic.ts'
import { workerSource } from '../worker/source.ts'
import { createStandInReplacer } from '../worker/stand-ins.ts'
import { createTaskContext } from '../worker/task-context.ts'
import { processWorker, type ProcessWorkerParts } from './process-worker.ts'

/** The functions that travel to a process. */
export const processParts: ProcessWorkerParts = {
  createErrorEncoder,
  createFunctionTable,
  createMonotonicClock,
  createTaskContext,
  createStandInReplacer,
  createInspector,
}

/**
 * What a process is started with: command lines are limited (32 KiB on Windows), so the program itself comes as the
 * first message.
 *
 * A terminal sends its signals to the whole group of processes: Ctrl+C, or a window that is closed. What they mean for
 * the work is the program's to decide, so workers pass over them from the start.
 */
export const processBootstrap =
  "for (const each of ['SIGINT', 'SIGHUP']) process.on(each, () => {}); process.once('message', (source) => (0, eval)(source))"

let source: string | null = null

/** The program of a worker process. */
export function processSource(): string {
  source ??= workerSource(processWorker, { ...processParts })
  return source
}
