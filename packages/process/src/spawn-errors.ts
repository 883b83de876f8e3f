/** Why a program could not be started, in words that name what is missing. */
import { accessSync, constants, statSync } from 'node:fs'
import { constants as system } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import process from 'node:process'
import { SpawnError } from './errors.ts'
import type { ProcessRequest } from './contracts.ts'

/** Where programs are looked for when the environment has no PATH: that of glibc's execvp. */
const DEFAULT_PATH = '/bin:/usr/bin'

interface SystemError {
  readonly code?: string
  readonly errno?: number
  readonly message?: string
}

/** The error of a call that could not start its program, from that of the system or of Node. */
export function spawnErrorOf(error: Error, request: ProcessRequest): Error {
  const { code, errno } = error as SystemError
  // What Node says of bad arguments is the program's mistake.
  if (code === undefined || code.startsWith('ERR_')) return error
  return describe(code, errno, request, error)
}

function describe(code: string, errno: number | undefined, request: ProcessRequest, cause?: unknown): SpawnError {
  const { program, cwd, shell } = request
  const directory = cwd === undefined ? null : troubleOf(cwd)
  if (directory !== null && (code === 'ENOENT' || code === 'EACCES' || code === 'ENOTDIR'))
    return new SpawnError(
      `cannot start ${program}: the working directory ${cwd} ${directory}`,
      code,
      errno,
      cwd!,
      cause,
    )
  return new SpawnError(`cannot start ${program}: ${reason(code, program, shell)}`, code, errno, program, cause)
}

function reason(code: string, program: string, shell: boolean): string {
  if (code === 'ENOENT') {
    const hint =
      !shell && /\s/.test(program) ? '; arguments are a list of their own, command lines are for a shell' : ''
    return `there is no such program (ENOENT)${hint}`
  }
  if (code === 'EACCES') return 'it may not be executed (EACCES)'
  if (code === 'E2BIG') return 'its arguments and environment are longer than the system takes (E2BIG)'
  if (code === 'EMFILE' || code === 'ENFILE') return `no file descriptors are left (${code})`
  if (code === 'EAGAIN') return 'the system has no room for another process (EAGAIN)'
  return code
}

/** What is wrong with a working directory, or null. */
function troubleOf(cwd: string): string | null {
  try {
    if (!statSync(cwd).isDirectory()) return 'is not a directory'
    accessSync(cwd, constants.X_OK)
    return null
  } catch (error) {
    return (error as SystemError).code === 'ENOENT' ? 'does not exist' : 'may not be entered'
  }
}

/** The path of the program, found as the system does. Throws SpawnError. */
export function findProgram(request: ProcessRequest): string {
  const { program, cwd = process.cwd(), env } = request
  if (troubleOf(cwd) !== null) throw failed('ENOENT', { ...request, cwd })
  const places = program.includes('/')
    ? [resolve(cwd, program)]
    : (env.PATH ?? DEFAULT_PATH).split(delimiter).map((folder) => resolve(cwd, join(folder, program)))
  let forbidden = false
  for (const place of places) {
    try {
      const there = statSync(place)
      accessSync(place, constants.X_OK)
      if (!there.isDirectory()) return place
      forbidden = true
    } catch (error) {
      if ((error as SystemError).code === 'EACCES') forbidden = true
    }
  }
  throw failed(forbidden ? 'EACCES' : 'ENOENT', request)
}

function failed(code: 'ENOENT' | 'EACCES', request: ProcessRequest): SpawnError {
  return describe(code, -system.errno[code], request)
}
