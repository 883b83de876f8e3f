const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** A count: "12,345". */
export const count = (value: number): string => whole.format(value)

/** A rate or a size that may be small: one digit after the point below ten. */
export const amount = (value: number | null): string =>
  value === null ? '–' : value < 10 && value !== 0 ? value.toFixed(1) : whole.format(value)

/** A part as percent. */
export const percent = (part: number | null): string =>
  part === null ? '–' : `${(part * 100).toFixed(part < 0.1 && part > 0 ? 1 : 0)} %`

/** A count where there is little room: "10k". */
export const short = (value: number): string =>
  value >= 1000 ? `${+(value / 1000).toFixed(1)}k` : String(+value.toFixed(2))

/** Milliseconds in three digits or so: "0.04 ms", "12 ms", "1.2 s". */
export function duration(ms: number | null): string {
  if (ms === null) return '–'
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`
  return ms >= 10 ? `${Math.round(ms)} ms` : `${ms.toFixed(ms < 1 ? 2 : 1)} ms`
}

/** How long until a moment: "in 3 s", "in 2 h 5 min". */
export function until(moment: number | null, now: number): string {
  if (moment === null) return '–'
  const seconds = Math.max(0, Math.round((moment - now) / 1000))
  if (seconds < 60) return `in ${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `in ${minutes} min` : `in ${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** The time of day of a moment, as people here write it. */
export const clock = (moment: number): string => new Date(moment).toLocaleTimeString()

/** Bytes as people read them. */
export function bytes(size: number): string {
  if (size < 1000) return `${size} B`
  return size < 1e6 ? `${(size / 1e3).toFixed(1)} kB` : `${(size / 1e6).toFixed(1)} MB`
}
