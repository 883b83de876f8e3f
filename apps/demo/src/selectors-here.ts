import type { Selector } from '@loop/core'
import { HostSelector } from '@loop/core/lowlevel'
import { isSupported, NativeSelector } from '@loop/selector-native'
import { PollSelector } from '@loop/selector-poll'

/** Makers of every selector that works in this runtime, the best first. */
export function selectorsHere(): (() => Selector)[] {
  const native = isSupported()
  const backends = native.supported ? native.backends : []
  return [
    ...backends.map((backend) => () => new NativeSelector({ backend })),
    () => new PollSelector(),
    () => new HostSelector(),
  ]
}
