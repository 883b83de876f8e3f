import { expect, test } from 'vitest'
import { EventLoop } from '../src/index.ts'
import { HostSelector } from '../src/lowlevel.ts'

/** Waits a number of times, then fails as a selector whose descriptor was taken away does. */
class FailingSelector extends HostSelector {
  constructor(private left: number) {
    super()
  }

  override wait(...args: Parameters<HostSelector['wait']>): void {
    if (this.left-- === 0) throw new Error('bad file descriptor')
    super.wait(...args)
  }
}

test.each([0, 1, 2])(
  'a selector that fails after %i waits ends the run with its error, and the loop can be closed',
  async (waits) => {
    const loop = new EventLoop({ selector: new FailingSelector(waits), budgetMs: 0 })
    loop.callSoon(() => loop.callSoon(() => {}))
    await expect(loop.runForever()).rejects.toThrow('bad file descriptor')
    expect(loop.isRunning()).toBe(false)
    loop.close()
  },
)
