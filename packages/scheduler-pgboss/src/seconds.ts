/** Whole seconds, in which pg-boss counts, that are not less than `ms` milliseconds. */
export function seconds(ms: number): number {
  return Math.ceil(ms / 1000)
}
