import type { EventLoop } from '@loop/core'

/** Handlers of several signals: all of them are installed, or none. */
export class Handlers implements Disposable {
  private readonly installed: string[] = []

  /** Throws what `loop.addSignalHandler` throws. */
  constructor(
    private readonly loop: EventLoop,
    names: readonly string[],
    onSignal: (name: string) => void,
  ) {
    try {
      for (const name of names) {
        loop.addSignalHandler(name, onSignal, name)
        this.installed.push(name)
      }
    } catch (error) {
      this[Symbol.dispose]()
      throw error
    }
  }

  [Symbol.dispose](): void {
    if (!this.loop.isClosed()) for (const name of this.installed) this.loop.removeSignalHandler(name)
  }
}
