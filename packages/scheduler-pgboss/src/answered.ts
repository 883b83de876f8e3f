import { JobStoreError } from '@loop/scheduler'

/** Less than the time after which the scheduler asks again. */
const ANSWER_MS = 20_000

/**
 * What the database answers, or a JobStoreError after 20,000 ms without an answer: on a connection that was cut
 * silently a statement ends after a quarter of an hour, and what comes next must not wait for it.
 */
export function answered<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new JobStoreError(`PostgreSQL has not answered for ${ANSWER_MS} ms`))
    }, ANSWER_MS)
    void answer
      .finally(() => {
        clearTimeout(timer)
      })
      .then(resolve, reject)
  })
}
