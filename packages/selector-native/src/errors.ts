import { getSystemErrorMap } from 'node:util'
import { LoopError, NotSupportedError } from '@loop/core'

/** Asked once: Node makes a new map of all errors at each call. */
const SYSTEM_ERRORS = getSystemErrorMap()

/** The addon can't be loaded here; the message says why. Use @loop/selector-poll instead. */
export class NativeUnavailableError extends NotSupportedError {
  static {
    this.prototype.name = 'NativeUnavailableError'
  }
}

/** The descriptor is of a kind that cannot be polled, such as a regular file. */
export class UnpollableDescriptorError extends NotSupportedError {
  static {
    this.prototype.name = 'UnpollableDescriptorError'
  }
}

/** What the system answered to a call. Has the fields of Node's own system errors. */
export class SystemError extends LoopError {
  static {
    this.prototype.name = 'SystemError'
  }
  /** The name, for example 'ECONNRESET'. */
  readonly code: string
  /** The number, negative as in Node. */
  readonly errno: number
  /** What was called. */
  readonly syscall: string
  // Declared only: an error without a place shows none.
  declare readonly address?: string
  declare readonly port?: number

  /** `on` is what the call was made on: a socket's address or path, or a descriptor's number. */
  constructor(errno: number, syscall: string, on?: string | number, port?: number) {
    const [code, description] = SYSTEM_ERRORS.get(errno) ?? [`UNKNOWN${errno}`, 'unknown error']
    const address = typeof on === 'string' ? on : undefined
    super(`${syscall} ${code}: ${description}${placeOf(on, port)}`)
    this.code = code
    this.errno = errno
    this.syscall = syscall
    if (address !== undefined) this.address = address
    if (port !== undefined && port >= 0) this.port = port
  }
}

function placeOf(on: string | number | undefined, port = -1): string {
  if (on === undefined) return ''
  if (typeof on === 'number') return ` (${on})`
  return port < 0 ? ` ${on}` : ` ${on}:${port}`
}

/**
 * An error that came with an event. It has no stack: none of the caller's code is on it, and making one costs as much
 * as the whole end of a connection.
 */
export function arrivedError(errno: number, syscall: string, on?: string, port?: number): SystemError {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return new SystemError(errno, syscall, on, port)
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** The errno of a system error's name on this platform, negative. */
export function errnoOf(code: string): number | undefined {
  for (const [errno, [name]] of SYSTEM_ERRORS) if (name === code) return errno
  return undefined
}
