/**
 * `map` in order: submits ahead of the reader, a bounded number of chunks, and yields the results as they stand in
 * line.
 *
 * The bound is what makes it usable on endless inputs and below a queue limit; the reader's pace is the input's pace.
 */
import { ReadyQueue } from '@loop/core/lowlevel'
import type { Submission } from './submission.ts'

export async function* mapInOrder(
  submit: (chunk: readonly unknown[]) => Submission<unknown>,
  items: Iterable<unknown> | AsyncIterable<unknown>,
  chunkSize: number,
  ahead: number,
): AsyncGenerator<unknown, void> {
  const line = new ReadyQueue<Submission<unknown>>()
  const chunks = inChunks(items, chunkSize)
  let ended = false
  try {
    for (;;) {
      while (!ended && line.length < ahead) {
        const next = await chunks.next()
        if (next.done === true) ended = true
        else line.push(observed(submit(next.value)))
      }
      const first = line.shift()
      if (first === undefined) return
      const result = await first
      if (chunkSize === 1) yield result
      else yield* result as unknown[]
    }
  } finally {
    for (const left of line) left.cancel()
    await chunks.return(undefined)
  }
}

/** Its failure is reported when its turn comes; until then it counts as looked at. */
function observed(submission: Submission<unknown>): Submission<unknown> {
  submission.then(undefined, () => {})
  return submission
}

async function* inChunks(
  items: Iterable<unknown> | AsyncIterable<unknown>,
  size: number,
): AsyncGenerator<readonly unknown[], undefined> {
  let chunk: unknown[] = []
  for await (const item of items) {
    chunk.push(item)
    if (chunk.length < size) continue
    yield chunk
    chunk = []
  }
  if (chunk.length > 0) yield chunk
  return undefined
}
