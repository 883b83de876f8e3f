import { InvalidStateError, LoopError } from '@loop/core'

/** An address, a port or a path that cannot be one. */
export class AddressError extends LoopError {
  static {
    this.prototype.name = 'AddressError'
  }
}

/** Another socket has the address, or the path of a unix socket exists. `cause` is the system's error. */
export class AddressInUseError extends LoopError {
  static {
    this.prototype.name = 'AddressInUseError'
  }
  readonly code = 'EADDRINUSE'
}

/** No address of the host took the connection; `errors` has one for each that was tried, in order. */
export class ConnectionFailedError extends LoopError {
  static {
    this.prototype.name = 'ConnectionFailedError'
  }

  constructor(
    place: string,
    readonly errors: readonly Error[],
  ) {
    super(`no address of ${place} could be reached: ${errors.map(({ message }) => message).join('; ')}`, {
      cause: errors[0],
    })
  }
}

/** Something was written after the program itself had closed the transport, or its writing side. */
export class TransportClosedError extends InvalidStateError {
  static {
    this.prototype.name = 'TransportClosedError'
  }
}

/**
 * The connection is lost while, or before, something waited for its writing side; `cause` is what broke it, if anything
 * did.
 */
export class ConnectionLostError extends LoopError {
  static {
    this.prototype.name = 'ConnectionLostError'
  }
}

/** A server has as many connections, or TLS handshakes under way, as it may have. */
export class ConnectionLimitError extends LoopError {
  static {
    this.prototype.name = 'ConnectionLimitError'
  }
}

/** A protocol factory threw, which is the `cause`, or returned no protocol. */
export class ProtocolFactoryError extends LoopError {
  static {
    this.prototype.name = 'ProtocolFactoryError'
  }
}

/** The stream ended before everything asked for had come. */
export class IncompleteReadError extends LoopError {
  static {
    this.prototype.name = 'IncompleteReadError'
  }

  constructor(
    /** What had come. */
    readonly partial: Buffer,
    /** How many bytes were asked for; undefined when a separator was. */
    readonly expected: number | undefined,
  ) {
    super(`the stream ended after ${partial.length} of ${expected ?? 'an unknown number of'} expected bytes`)
  }
}

/** More bytes came without the separator than the reader's limit allows; they are still in the reader. */
export class LimitOverrunError extends LoopError {
  static {
    this.prototype.name = 'LimitOverrunError'
  }

  constructor(
    message: string,
    /** How many bytes to read in order to get past them. */
    readonly consumed: number,
  ) {
    super(message)
  }
}
