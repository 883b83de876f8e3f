import type { EventLoop } from '@loop/core'
import type { ProcessProvider } from './contracts.ts'
import { nodeProcesses } from './node-processes.ts'

const chosen = new WeakMap<EventLoop, ProcessProvider>()

/** What starts the processes of a loop: the system, unless {@link setProcessProvider} said otherwise. */
export function processProvider(loop: EventLoop): ProcessProvider {
  return chosen.get(loop) ?? nodeProcesses
}

/** Has all processes of a loop started by `provider`; null for the system again. For tests and simulations. */
export function setProcessProvider(loop: EventLoop, provider: ProcessProvider | null): void {
  if (provider === null) chosen.delete(loop)
  else chosen.set(loop, provider)
}
