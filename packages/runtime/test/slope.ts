/** One sample of a process, after a collection of garbage. */
export interface Figures {
  /** Bytes. */
  readonly rss: number
  readonly heap: number
  readonly external: number
  readonly descriptors: number
  readonly threads: number
}

/** What a figure may grow by over the whole time: what V8 and the allocator keep of themselves, and workers that come and go. */
const ALLOWED: Record<keyof Figures, number> = {
  rss: 48 * 2 ** 20,
  heap: 4 * 2 ** 20,
  external: 4 * 2 ** 20,
  descriptors: 4,
  threads: 3,
}

/** The figures that grow, in words. The first third of the samples is warm-up. */
export function growing(samples: readonly Figures[]): string[] {
  const late = samples.slice(Math.floor(samples.length / 3))
  return (Object.keys(ALLOWED) as (keyof Figures)[]).flatMap((name) => {
    const growth = slope(late.map((sample) => sample[name])) * late.length
    return growth > ALLOWED[name] ? [`${name} grew by ${Math.round(growth)} in ${late.length} samples`] : []
  })
}

/** The median of the slopes between samples half the time apart (Theil and Sen): single peaks do not move it. */
function slope(values: readonly number[]): number {
  const half = Math.floor(values.length / 2)
  const slopes = values.slice(half).map((value, i) => (value - values[i]!) / half)
  slopes.sort((a, b) => a - b)
  return slopes[Math.floor(slopes.length / 2)] ?? 0
}
