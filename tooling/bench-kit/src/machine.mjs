/** What figures were measured on: the kind of machine, nothing that names one. */
import os from 'node:os'
import process from 'node:process'

/**
 * The machine's kind.
 * @param {string} [node] the version that programs run on; this one by default
 */
export function machine(node = process.version) {
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    os: `${os.type()} ${os.release()}`,
    node,
  }
}
