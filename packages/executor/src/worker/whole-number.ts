/**
 * The number as it would be without the shared memory: a whole number that was read from a Float64Array is a double to
 * V8, and a function that is called with it is compiled for doubles. Measured: ten million steps of a counting loop took
 * 13.8 ms instead of 11.6. Self-contained: its source travels to workers.
 */
export function wholeNumber(value: number): number {
  const whole = value | 0
  // -0 stays what it is.
  return whole === value && (whole !== 0 || 1 / value > 0) ? whole : value
}
