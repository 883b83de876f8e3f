import process from 'node:process'
import { isMainThread } from 'node:worker_threads'
import type { LoopOptions, Selector } from '@loop/core'
import { EventLoop } from '@loop/core'
import { defaultExecutor, threadsafeDoor } from '@loop/executor'
import { isSupported, NativeSelector } from '@loop/selector-native'
import { PollSelector } from '@loop/selector-poll'
import { ProcessSignals } from '@loop/signals'

let warned = false

/**
 * A loop with everything wired: the native selector, or the polling one where that cannot load (said once, as a process
 * warning); a thread pool and a door for other threads, made on first use; the process's signals, in the main thread.
 * `options` override each.
 */
export function nativeLoop(options: LoopOptions = {}): EventLoop {
  return new EventLoop({
    ...options,
    selector: options.selector ?? bestSelector(),
    executor: options.executor ?? defaultExecutor,
    door: options.door ?? threadsafeDoor,
    ...(options.signals === undefined && isMainThread ? { signals: new ProcessSignals() } : {}),
  })
}

/** The native selector where it can load, else the polling one. */
export function bestSelector(): Selector {
  const support = isSupported()
  if (support.supported) return new NativeSelector()
  if (!warned)
    process.emitWarning(
      `the native selector is not available (${support.reason}); using @loop/selector-poll`,
      'LoopWarning',
    )
  warned = true
  return new PollSelector()
}
