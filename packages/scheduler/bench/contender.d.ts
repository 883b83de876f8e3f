/** What a contender can do; absent where its library cannot. */
export interface Jobs {
  cron?(id: string, pattern: string, fn: () => void): void
  every?(id: string, ms: number, fn: () => void): void
}

/** A library under test. */
export interface Contender {
  readonly name: string
  /** Runs `body` with jobs in real time; `stop` ends all of them. */
  session(
    body: (jobs: Jobs & { stop(): unknown; wait(ms: number): PromiseLike<unknown> }) => Promise<void>,
  ): Promise<void>
  /**
   * Registers jobs at the time `start`, lets so many seconds of accelerated time pass, and gives the real milliseconds
   * that took.
   */
  accelerated(start: number, seconds: number, register: (jobs: Jobs) => void): Promise<number>
}
