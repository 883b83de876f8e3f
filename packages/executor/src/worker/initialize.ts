import { encodeError } from '../transfer/error-encoder.ts'
import type { WorkerStart } from '../pool/pool-worker.ts'
import { loadModule, type FunctionTable } from './function-table.ts'
import { apply } from './intrinsics.ts'

/** Imports the modules and runs the initializer that a worker is started with, then reports how that went. */
export async function initialize(
  functions: FunctionTable,
  { initializer, preload }: Pick<WorkerStart, 'initializer' | 'preload'>,
  report: { readonly ready: () => void; readonly failed: (error: unknown) => void },
): Promise<void> {
  try {
    for (let i = 0; i < preload.length; i++) await loadModule(preload[i]!)
    if (initializer !== null) {
      functions.define(initializer.definition)
      const fn = await functions.get(initializer.definition.id)
      await (apply(fn, undefined, initializer.args) as unknown)
    }
  } catch (error) {
    report.failed(encodeError(error))
    return
  }
  report.ready()
}
