/** Values as JSON text, for stores that outlive the process. */

/**
 * A value as JSON text; nothing, and what its own `toJSON` makes nothing of, becomes `null`. Throws TypeError, with the
 * place, for what JSON would lose or refuse: functions, symbols, bigints, NaN, maps, class instances without `toJSON`,
 * circles. `what` is what the value is called there.
 */
export function encodeJson(value: unknown, what = 'the result'): string {
  check(value ?? null, what, new Set())
  return (JSON.stringify(value ?? null) as string | undefined) ?? 'null'
}

function check(value: unknown, place: string, above: Set<unknown>): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${place} is ${value}`)
    return
  }
  if (typeof value !== 'object') throw new TypeError(`${place} is a ${typeof value}`)
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return
  if (above.has(value)) throw new TypeError(`${place} contains itself`)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`${place} is a ${(value as object).constructor.name}`)
  }
  above.add(value)
  for (const [key, member] of Object.entries(value)) {
    // JSON leaves out what is undefined, as everybody expects.
    if (member !== undefined) check(member, `${place}.${key}`, above)
  }
  above.delete(value)
}
