import { createWriteStream, openSync } from 'node:fs'
import type { LoopFactory, Selector } from '@loop/core'
import { HostSelector } from '@loop/core/lowlevel'
import { debugLoop } from '@loop/policy'
import { nativeLoop } from '@loop/runtime'
import { NativeSelector } from '@loop/selector-native'
import { PollSelector } from '@loop/selector-poll'
import { ServeOptionError } from './errors.ts'
import type { SelectorChoice, ServeOptions } from './options.ts'

const selectors: Readonly<Record<Exclude<SelectorChoice, 'auto'>, () => Selector>> = {
  native: () => new NativeSelector(),
  poll: () => new PollSelector(),
  host: () => new HostSelector(),
}

/**
 * Makes the service's loop: the facade's, with the selector that was asked for. With a turn log it is a debug loop,
 * which costs several times a turn.
 *
 * @throws ServeOptionError when the log cannot be written
 */
export function loopFor({ selector, turnLog }: Pick<ServeOptions, 'selector' | 'turnLog'>): LoopFactory {
  const loopFactory: LoopFactory = () => nativeLoop(selector === 'auto' ? {} : { selector: selectors[selector]() })
  if (turnLog === undefined) return loopFactory
  const log = createWriteStream('', { fd: open(turnLog) })
  return debugLoop({ loopFactory, log: (line) => log.write(`${line}\n`) })
}

function open(path: string): number {
  try {
    return openSync(path, 'w')
  } catch (cause) {
    throw new ServeOptionError(`--turn-log: ${(cause as Error).message}`, { cause })
  }
}
