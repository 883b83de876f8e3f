import { getSystemErrorMap } from 'node:util'
import { LoopError, NotSupportedError } from '@loop/core'

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
  readonly address?: string
  readonly port?: number

  constructor(errno: number, syscall: string, address?: string, port?: number) {
    const [code, description] = getSystemErrorMap().get(errno) ?? [`UNKNOWN${errno}`, 'unknown error']
    const place = address === undefined ? '' : port === undefined || port < 0 ? ` ${address}` : ` ${address}:${port}`
    super(`${syscall} ${code}: ${description}${place}`)
    this.code = code
    this.errno = errno
    this.syscall = syscall
    if (address !== undefined) this.address = address
    if (port !== undefined && port >= 0) this.port = port
  }
}

/** The errno of a system error's name on this platform, negative. */
export function errnoOf(code: string): number | undefined {
  for (const [errno, [name]] of getSystemErrorMap()) if (name === code) return errno
  return undefined
}
