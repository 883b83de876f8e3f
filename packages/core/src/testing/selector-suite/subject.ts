import type { ReadyEvents, Selector } from '../../contracts/selector.ts'
import { nodeHost } from '../../host/host.ts'
import type { TestPipe } from '../memory-pipe.ts'

/** What a case of the selector suite works on. */
export interface SelectorSubject {
  readonly selector: Selector
  /** Makes a pipe; closed after the case. */
  pipe(): TestPipe
}

/** One wait: the events that it delivers. */
export function waited(selector: Selector, timeoutMs: number | null): Promise<ReadyEvents> {
  return new Promise((resolve) => {
    selector.wait(timeoutMs, resolve)
  })
}

/** What is ready now: a wait that is ended by a wake, so that it ends also when nothing is. */
export function readyNow(selector: Selector): Promise<ReadyEvents> {
  const events = waited(selector, null)
  selector.wake()
  return events
}

/** Waits until an event of `token` was delivered; early deliveries without one are allowed. */
export async function untilReady(selector: Selector, token: number): Promise<number> {
  for (;;) {
    for (const event of await waited(selector, null)) if (event.token === token) return event.ready
  }
}

/** Lets the host take several rounds: time for a delivery that should not come. */
export async function settle(): Promise<void> {
  // Five rounds: more than any backend takes between two threads of the kernel and of libuv.
  for (let round = 0; round < 5; round++) {
    await new Promise<void>((resolve) => {
      nodeHost.immediate(resolve)
    })
    await new Promise<void>((resolve) => {
      nodeHost.timer(resolve, 1)
    })
  }
}
