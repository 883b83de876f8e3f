import { createHash } from 'node:crypto'

/**
 * The queue of a job. pg-boss takes letters, digits and a few signs; everything else becomes `_` and its code between
 * underscores, so that two jobs never share a queue.
 */
export function queueOf(prefix: string, job: string): string {
  return prefix + job.replace(/[^A-Za-z0-9-]/gu, (character) => `_${character.codePointAt(0)!.toString(16)}_`)
}

/**
 * The id of an occurrence: a UUID (version 8, made by a hash) of its name, so that every instance comes to the same.
 */
export function idOf(key: string): string {
  const hash = createHash('sha256').update(key).digest('hex')
  // The digits for version and variant are fixed by RFC 9562.
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`
}
