import { availableParallelism } from 'node:os'
import { NotSupportedError } from '@loop/core'
import type { ProcessPoolOptions, TaskOptions } from '../options.ts'
import { PoolExecutor } from '../pool/pool.ts'
import { ProcessChannel } from './process-channel.ts'

/**
 * Runs functions in processes of their own: for work that may exhaust memory, crash, or needs a process to itself.
 *
 * Arguments and results are copied by structured clone over Node's IPC. A dead worker, whatever killed it, costs the
 * task it was running and no other.
 *
 * @example
 * await using pool = new ProcessPoolExecutor({ maxWorkers: 2 })
 * await pool.submit((n: number) => Array.from({ length: n }, (_, i) => i * i).reduce((a, b) => a + b, 0), [1e6])
 */
export class ProcessPoolExecutor extends PoolExecutor {
  constructor(options: ProcessPoolOptions = {}) {
    const { execArgv = inheritedOptions(process.execArgv), env = process.env, onOutput } = options
    super(
      options,
      { maxWorkers: availableParallelism(), namePrefix: 'loop-process' },
      (name, owner, start) =>
        new ProcessChannel({ ...start, name, execArgv, env, pipeOutput: onOutput !== undefined }, owner),
    )
  }

  protected override checkSupported(options: TaskOptions): void {
    if (options.transfer !== undefined || options.transferResult === true) {
      throw new NotSupportedError(
        'processes share no memory, so nothing can be transferred to one; leave transfer out and it is copied',
      )
    }
  }
}

/** The options of this process that say what runs, not how, are not the worker's. */
function inheritedOptions(execArgv: readonly string[]): string[] {
  const options: string[] = []
  for (let i = 0; i < execArgv.length; i++) {
    const option = execArgv[i]!
    if (/^(-e|-p|-pe|--eval|--print)$/.test(option)) i++
    else if (!/^--(input-type|eval|print|inspect(-brk|-port)?)(=|$)/.test(option)) options.push(option)
  }
  return options
}
