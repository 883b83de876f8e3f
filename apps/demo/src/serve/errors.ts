/**
 * Errors of the service. Those for a program's user end it with their message; those of requests carry an HTTP status.
 */

/** An option of `serve` is missing its value, out of range or not known. */
export class ServeOptionError extends Error {
  override readonly name = 'ServeOptionError'
}

/** The configuration file cannot be read, is no JSON, or has a setting that makes no sense. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
}

/** The page or the echo server cannot listen where it was told to. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
}

/** The page has not been built. */
export class PageMissingError extends Error {
  override readonly name = 'PageMissingError'
}

/** A request that is answered with an error: `status` is HTTP's. */
export class RequestError extends Error {
  override readonly name: string = 'RequestError'

  constructor(
    readonly status: number,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** The request names a host that the service does not go by, as a page does that had its own name point here. */
export class ForeignHostError extends RequestError {
  override readonly name = 'ForeignHostError'
}

/** The request was made by a page of another site. */
export class CrossSiteError extends RequestError {
  override readonly name = 'CrossSiteError'
}

/** There is nothing at the address. */
export class UnknownAddressError extends RequestError {
  override readonly name = 'UnknownAddressError'
}

/** The address exists, but not for this method. */
export class MethodError extends RequestError {
  override readonly name = 'MethodError'
}

/** What an action was given is not what it takes. */
export class ActionInputError extends RequestError {
  override readonly name = 'ActionInputError'
}

/** As many pages watch as are allowed. */
export class TooManyWatchersError extends RequestError {
  override readonly name = 'TooManyWatchersError'
}
