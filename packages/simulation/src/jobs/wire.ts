/** How client and server write to each other, and to the log: as JSON, a line each. */

/** A question. */
export interface Question {
  readonly id: number
  readonly owner: string
  readonly command: object
}

/** An answer. */
export interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

/** JSON has no Infinity, which limits of jobs are. */
const INFINITY = '\u221e'

/** A value as JSON. */
export function encode(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => (each === Infinity ? INFINITY : each))
}

/** The value of a JSON text. */
export function decode(text: string): unknown {
  return JSON.parse(text, (_key, each: unknown) => (each === INFINITY ? Infinity : each))
}

export function encodeLine(message: Question | Answer): Buffer {
  return Buffer.from(`${encode(message)}\n`)
}

export function decodeLine<T extends Question | Answer>(line: Uint8Array): T {
  return decode(String(line)) as T
}
