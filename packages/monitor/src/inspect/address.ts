/**
 * Where a process can be asked for its tasks:
 *
 *     Unix       a socket in a directory of the user's own, <tmp>/loop-inspect-<uid> (mode 0700), socket mode 0600
 *     Windows    a named pipe, \\\\.\\pipe\\loop-inspect-…; other users of the machine may read from it
 *
 * The name begins with the process id; thread and number follow, because a process may run several loops. The path of a
 * socket holds some hundred bytes: where the temporary directory is too deep for that, it lies in /tmp.
 */
import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { threadId } from 'node:worker_threads'
import { InspectionError } from '../errors.ts'

const onWindows = process.platform === 'win32'
const PIPES = '\\\\.\\pipe\\'
const PREFIX = 'loop-inspect-'
/** Bytes of a socket's path that every Unix takes: 104 on macOS and the BSDs, 108 on Linux, with the end mark. */
const LONGEST_PATH = 103
/** As long as names of sockets get. */
const LONGEST_NAME = '/4194304-1000-1000.sock'
/** Where sockets go when the temporary directory is too deep. */
const SHALLOW = '/tmp'

let inspectables = 0

/** Whether addresses are files, which are removed in the end. */
export const addressIsFile = !onWindows

/** A new address of this process. Throws InspectionError when there is no directory that is the user's own. */
export function newAddress(): string {
  const name = `${process.pid}-${threadId}-${++inspectables}`
  return onWindows ? `${PIPES}${PREFIX}${name}` : join(privateDirectory(), `${name}.sock`)
}

/**
 * The addresses of a process; none when it cannot be inspected. Throws InspectionError when somebody else could answer
 * there in its place: the temporary directory belongs to everybody.
 */
export function addressesOf(pid: number): string[] {
  return addresses()
    .filter(({ owner }) => owner === pid)
    .map(({ address }) => address)
}

/** Removes the sockets of processes that were killed: those that do not exist any more, and do not answer. */
export function removeStale(): void {
  if (onWindows) return
  let found
  try {
    found = addresses()
  } catch {
    // Nothing is removed from a directory of somebody else; what is ours to use is checked apart.
    return
  }
  for (const { address, owner } of found) if (owner !== process.pid && !exists(owner)) removeUnlessAnswered(address)
}

/** Whether there is such a process here. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** Removes a socket at which nobody listens; gives whether it was removed. */
export function removeIfRefused(address: string, error: unknown): boolean {
  if (!addressIsFile || (error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') return false
  removeAddress(address)
  return true
}

/** Where commands go for an address that answers. */
export const controlAddress = (address: string): string => address.replace(/(\.sock)?$/, '.control')

/** Removes the sockets of an address: the one that answers, and the one that takes commands. */
export function removeAddress(address: string): void {
  if (!addressIsFile) return
  rmSync(address, { force: true })
  rmSync(controlAddress(address), { force: true })
}

/** In another container with the same directory a process may have that id, and live: it would answer. */
function removeUnlessAnswered(address: string): void {
  const socket = connect(address, () => {
    socket.destroy()
  })
  socket.unref()
  socket.on('error', (error) => {
    try {
      removeIfRefused(address, error)
    } catch {
      // Another program may have removed it at the same time, or its directory.
    }
  })
}

function addresses(): { readonly address: string; readonly owner: number }[] {
  const found = []
  for (const directory of onWindows ? [PIPES] : new Set([directoryIn(tmpdir()), directoryIn(SHALLOW)])) {
    const names = namesIn(directory)
    if (names.length > 0 && !onWindows && !isPrivate(directory)) {
      throw new InspectionError(
        `${directory} is not a directory of yours alone: whoever made it would answer; remove it, or set TMPDIR`,
      )
    }
    for (const name of names) {
      const owner = /^(?:loop-inspect-)?(\d+)-\d+-\d+(?:\.sock)?$/.exec(name)?.[1]
      if (owner === undefined || name.startsWith(PREFIX) !== onWindows) continue
      const address = onWindows ? directory + name : join(directory, name)
      if (onWindows || isOwnSocket(address)) found.push({ address, owner: Number(owner) })
    }
  }
  return found
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

function directoryIn(parent: string): string {
  return join(parent, `${PREFIX}${process.getuid?.() ?? 'user'}`)
}

/**
 * Makes the directory, or checks that the one that is there is private: the temporary directory belongs to everybody.
 */
function privateDirectory(): string {
  const usual = directoryIn(tmpdir())
  const path = Buffer.byteLength(usual + LONGEST_NAME) <= LONGEST_PATH ? usual : directoryIn(SHALLOW)
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new InspectionError(
      `${path} cannot be made: ${(cause as Error).message}; set TMPDIR to a directory of your own`,
      { cause },
    )
  }
  if (!isPrivate(path)) {
    throw new InspectionError(
      `${path} is not a directory of yours alone; remove it, or set TMPDIR to a directory of your own`,
    )
  }
  return path
}

/** Whether a path is a directory of this user, not a link to one, that nobody else can enter. */
function isPrivate(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found !== undefined && found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0
}

/** Whether a path is a socket of this user, not a link to one. */
function isOwnSocket(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found !== undefined && found.isSocket() && found.uid === process.getuid?.()
}
