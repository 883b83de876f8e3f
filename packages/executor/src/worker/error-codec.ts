/**
 * Carries what a task threw from a worker to the caller with its class, message, stack, own properties and cause.
 *
 * Structured clone keeps less: it loses the name of a subclass and every own property. So an Error is written down as a
 * record of cloneable parts, causes and aggregated errors included, and rebuilt on the other side. What cannot be cloned
 * is replaced by its text. Self-contained: the source of the encoder travels to workers.
 */

/** One Error, ready to be cloned. */
export interface EncodedError {
  readonly error: true
  /** Name of the class. */
  readonly type: string
  /** Name of the nearest built-in class it extends. */
  readonly base: string
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  readonly props: Readonly<Record<string, unknown>>
  readonly cause?: Encoded
  readonly errors?: readonly Encoded[]
}

/** Anything thrown: an Error's record, or any other value as it is. */
export type Encoded = EncodedError | { readonly error: false; readonly value: unknown }

export function createErrorEncoder(): (thrown: unknown) => Encoded {
  // Depth at which a chain of causes is cut: far beyond honest ones, and the end of circular ones.
  const DEEPEST = 16
  const builtin = ['TypeError', 'RangeError', 'SyntaxError', 'ReferenceError', 'EvalError', 'URIError', 'AggregateError', 'DOMException', 'Error']
  const cloneable = (value: unknown): unknown => {
    try {
      return structuredClone(value)
    } catch {
      try {
        return String(value)
      } catch {
        return '[value that cannot be copied]'
      }
    }
  }
  const baseOf = (error: Error): string => {
    for (let proto: unknown = Object.getPrototypeOf(error); proto !== null; proto = Object.getPrototypeOf(proto)) {
      const name = (proto as { constructor?: { name?: string } }).constructor?.name
      if (name !== undefined && builtin.includes(name)) return name
    }
    return 'Error'
  }
  const isError = (value: unknown): value is Error =>
    value instanceof Error || Object.prototype.toString.call(value) === '[object Error]'
  const encode = (thrown: unknown, depth: number): Encoded => {
    if (!isError(thrown)) return { error: false, value: cloneable(thrown) }
    const props: Record<string, unknown> = {}
    for (const key of Object.keys(thrown)) {
      if (key !== 'stack' && key !== 'cause' && key !== 'errors') props[key] = cloneable((thrown as unknown as Record<string, unknown>)[key])
    }
    const { errors } = thrown as { errors?: unknown }
    const deeper = depth < DEEPEST
    return {
      error: true,
      type: thrown.constructor.name,
      base: baseOf(thrown),
      name: thrown.name,
      message: thrown.message,
      stack: typeof thrown.stack === 'string' ? thrown.stack : undefined,
      props,
      ...('cause' in thrown && deeper ? { cause: encode(thrown.cause, depth + 1) } : {}),
      ...(Array.isArray(errors) && deeper ? { errors: errors.map((each) => encode(each, depth + 1)) } : {}),
    }
  }
  return (thrown) => {
    try {
      return encode(thrown, 0)
    } catch (failure) {
      // A getter of the thrown object threw: say so instead of losing the answer.
      return { error: false, value: `[an error that could not be read: ${String(failure)}]` }
    }
  }
}
