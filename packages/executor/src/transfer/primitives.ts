/**
 * How numbers, booleans, null and undefined travel through shared memory: a number in an element of a Float64Array, what it is in
 * the bits of a form. A form has, from its lowest bit, 3 bits for how many values there are, then 3 bits for the kind
 * of each.
 */
export function createPrimitiveCodec(numbers: Float64Array) {
  const BITS = 3
  const MASK = 7
  const UNDEFINED = 0
  const NULL = 1
  const TRUE = 2
  const FALSE = 3
  const NUMBER = 4

  /**
   * The number as it would be without the shared memory: a whole number that was read from a Float64Array is a double
   * to V8, and a function that is called with it is compiled for doubles. Measured: ten million steps of a counting
   * loop took 13.8 ms instead of 11.6.
   */
  const wholeNumber = (value: number): number => {
    const whole = value | 0
    // -0 stays what it is.
    return whole === value && (whole !== 0 || 1 / value > 0) ? whole : value
  }

  /** Writes a value; its kind, or -1 when it cannot travel so. */
  const write = (at: number, value: unknown): number => {
    if (typeof value === 'number') {
      numbers[at] = value
      return NUMBER
    }
    if (value === undefined) return UNDEFINED
    if (value === null) return NULL
    if (typeof value === 'boolean') return value ? TRUE : FALSE
    return -1
  }

  /** The value of a kind; higher bits of `kind` do not matter. */
  const read = (at: number, kind: number): unknown => {
    switch (kind & MASK) {
      case NUMBER:
        return wholeNumber(numbers[at]!)
      case UNDEFINED:
        return undefined
      case NULL:
        return null
      default:
        return (kind & MASK) === TRUE
    }
  }

  return {
    write,
    read,

    /** Writes values from an element on, four at most; their form, or -1 when one of them cannot travel so. */
    writeAll: (first: number, values: readonly unknown[]): number => {
      const count = values.length
      let form = count
      for (let i = 0; i < count; i++) {
        const kind = write(first + i, values[i])
        if (kind === -1) return -1
        form |= kind << (BITS + BITS * i)
      }
      return form
    },

    /** The values of a form; in array literals, which are as large as they must be: pushing reserves room for 17. */
    readAll: (first: number, form: number): unknown[] => {
      switch (form & MASK) {
        case 0:
          return []
        case 1:
          return [read(first, form >> 3)]
        case 2:
          return [read(first, form >> 3), read(first + 1, form >> 6)]
        case 3:
          return [read(first, form >> 3), read(first + 1, form >> 6), read(first + 2, form >> 9)]
        default:
          return [
            read(first, form >> 3),
            read(first + 1, form >> 6),
            read(first + 2, form >> 9),
            read(first + 3, form >> 12),
          ]
      }
    },
  }
}
