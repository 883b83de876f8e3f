/** What figures were measured on: the kind of machine, nothing that names one. */
import os from 'node:os'
import process from 'node:process'

/** The machine's kind. */
export function machine() {
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    os: `${os.type()} ${os.release()}`,
    node: process.version,
  }
}
