/** Functions to call after a change. */
export class Listeners {
  private readonly all = new Set<() => void>()

  /** Adds one; the function returned removes it. */
  add(listener: () => void): () => void {
    // Wrapped, so that the same function can be added twice.
    const entry = (): void => {
      listener()
    }
    this.all.add(entry)
    return () => {
      this.all.delete(entry)
    }
  }

  /** Calls all that are there now. */
  readonly call = (): void => {
    for (const listener of [...this.all]) listener()
  }
}
