/**
 * Many questions of one kind in one statement. While one is under way the next ones gather, so an instance asks the
 * database at most one thing of a kind at a time, however much is due: ends of runs and renewals never wait behind a
 * hundred others.
 */
import { answered } from './answered.ts'

interface Waiting<Q, A> {
  readonly question: Q
  resolve(answer: A): void
  reject(error: unknown): void
}

/** The most questions in one statement. */
const AT_A_TIME = 500

/** Asks many questions of one kind in one statement; while one is under way, the next ones gather. */
export class Batches<Q, A> {
  private waiting: Waiting<Q, A>[] = []
  private working = false

  /** `ask` answers each of some questions, in their order. */
  constructor(private readonly ask: (questions: readonly Q[]) => Promise<readonly A[]>) {}

  add(question: Q): Promise<A> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ question, resolve, reject })
      if (!this.working) void this.work()
    })
  }

  private async work(): Promise<void> {
    this.working = true
    // What else is asked at this moment goes along.
    await Promise.resolve()
    while (this.waiting.length > 0) await this.askAll(this.waiting.splice(0, AT_A_TIME))
    this.working = false
  }

  private async askAll(batch: readonly Waiting<Q, A>[]): Promise<void> {
    try {
      const answers = await answered(this.ask(batch.map(({ question }) => question)))
      for (const [i, { resolve }] of batch.entries()) resolve(answers[i]!)
    } catch (error) {
      if (batch.length > 1 && isOfOne(error)) for (const each of batch) await this.askAll([each])
      else for (const { reject } of batch) reject(error)
    }
  }
}

/**
 * Whether an error is about the data of one question (SQLSTATE classes 22 and 23), which must not stop the others; a
 * server that is away is away for all of them.
 */
export function isOfOne(error: unknown): boolean {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^2[23]...$/.test(code)
}
