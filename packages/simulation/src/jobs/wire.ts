/** How client and server write to each other: a line of JSON for each question and each answer. */

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

export function encodeLine(message: Question | Answer): Buffer {
  return Buffer.from(`${JSON.stringify(message, (_key, value: unknown) => (value === Infinity ? INFINITY : value))}\n`)
}

export function decodeLine<T extends Question | Answer>(line: Uint8Array): T {
  return JSON.parse(String(line), (_key, value: unknown) => (value === INFINITY ? Infinity : value)) as T
}
