/**
 * Where a process can be asked for its tasks:
 *
 *     Unix       a socket in a directory of the user's own, <tmp>/loop-inspect-<uid> (mode 0700), socket mode 0600
 *     Windows    a named pipe, \\.\pipe\loop-inspect-…; other users of the machine may read from it
 *
 * The name begins with the process id; thread and number follow, because a process may run several loops.
 */
import { lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { threadId } from 'node:worker_threads'
import { InspectionError } from '../errors.ts'

const onWindows = process.platform === 'win32'
const PIPES = '\\\\.\\pipe\\'
const PREFIX = 'loop-inspect-'

let inspectables = 0

/** Whether addresses are files, which are removed in the end. */
export const addressIsFile = !onWindows

/** A new address of this process. Throws InspectionError when the directory is not the user's own. */
export function newAddress(): string {
  const name = `${process.pid}-${threadId}-${++inspectables}`
  return onWindows ? `${PIPES}${PREFIX}${name}` : join(privateDirectory(), `${name}.sock`)
}

/** The addresses of a process; none when it cannot be inspected. */
export function addressesOf(pid: number): string[] {
  const [directory, prefix] = onWindows ? [PIPES, `${PREFIX}${pid}-`] : [directoryPath(), `${pid}-`]
  let names: string[]
  try {
    names = readdirSync(directory)
  } catch {
    return []
  }
  return names.filter((name) => name.startsWith(prefix)).map((name) => (onWindows ? directory + name : join(directory, name)))
}

function directoryPath(): string {
  return join(tmpdir(), `${PREFIX}${process.getuid?.() ?? 'user'}`)
}

/** Makes the directory, or checks that the one that is there is private: the temporary directory belongs to everybody. */
function privateDirectory(): string {
  const path = directoryPath()
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const found = lstatSync(path)
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o077) !== 0) {
    throw new InspectionError(`${path} is not a directory of yours alone; remove it, or set TMPDIR to a directory of your own`)
  }
  return path
}
