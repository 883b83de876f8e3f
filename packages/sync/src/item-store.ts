/** What a queue keeps its items in; decides the order in which they come out. */
export interface ItemStore<T> {
  readonly length: number
  put(item: T): void
  /** The next item; called only when there is one. */
  take(): T
}
