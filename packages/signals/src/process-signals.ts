import { constants } from 'node:os'
import process from 'node:process'
import { isMainThread } from 'node:worker_threads'
import { NotSupportedError } from '@loop/core'
import type { SignalSource } from '@loop/core'
import { SignalNotSupportedError } from './errors.ts'

/** No process can handle these. */
const UNCATCHABLE = new Set(['SIGKILL', 'SIGSTOP'])
/**
 * The system sends these for a fault of the program: after a handler it would fault again at the same place, for ever.
 */
const FAULTS = new Set(['SIGSEGV', 'SIGBUS', 'SIGFPE', 'SIGILL'])
/**
 * What Windows delivers: Ctrl+C, Ctrl+Break, the closed console window; SIGTERM can be listened for, but nothing sends
 * it.
 */
const ON_WINDOWS = new Set(['SIGINT', 'SIGBREAK', 'SIGHUP', 'SIGTERM'])

/**
 * The signals that end a program in order unless it names others. Windows' are those of its console: Ctrl+C, Ctrl+Break,
 * and the window that is closed, after which the system ends the process within seconds. What `kill` does there is no
 * signal: it ends the process at once.
 */
export function endingSignals(platform: string = process.platform): readonly string[] {
  return platform === 'win32' ? ['SIGINT', 'SIGTERM', 'SIGBREAK', 'SIGHUP'] : ['SIGINT', 'SIGTERM']
}

/** Whether SIGHUP asks for a reload: on Windows it is the console window, closed. */
export function canReload(platform: string = process.platform): boolean {
  return platform !== 'win32'
}

/**
 * The signals of this process, as the source that a loop takes: `new EventLoop({ signals: new ProcessSignals() })`.
 *
 * Nothing is installed until a handler is added; when the last one of a signal is removed, its default action is back.
 */
export class ProcessSignals implements SignalSource {
  private readonly listeners = new Map<string, () => void>()

  /** Calls `deliver` at each `signal`. Throws SignalNotSupportedError, or NotSupportedError in a worker thread. */
  add(signal: string, deliver: () => void): void {
    checkSignal(signal)
    this.remove(signal)
    process.on(signal as NodeJS.Signals, deliver)
    this.listeners.set(signal, deliver)
  }

  /** Removes the handler; false when there was none. */
  remove(signal: string): boolean {
    const listener = this.listeners.get(signal)
    if (listener === undefined) {
      checkName(signal)
      return false
    }
    process.off(signal as NodeJS.Signals, listener)
    return this.listeners.delete(signal)
  }

  /** Removes every handler. */
  close(): void {
    for (const signal of [...this.listeners.keys()]) this.remove(signal)
  }
}

function checkSignal(signal: string): void {
  // Before its name is looked up: not every system has a SIGSTOP, and none lets it be handled.
  if (UNCATCHABLE.has(signal)) throw new SignalNotSupportedError(`${signal} cannot be handled by any process`)
  checkName(signal)
  if (FAULTS.has(signal)) {
    throw new SignalNotSupportedError(`${signal} reports a fault of the program; a handler would loop on it for ever`)
  }
  if (process.platform === 'win32' && !ON_WINDOWS.has(signal)) {
    throw new SignalNotSupportedError(`Windows does not deliver ${signal}; it has ${[...ON_WINDOWS].join(', ')}`)
  }
  if (!isMainThread) {
    throw new NotSupportedError(
      'only the main thread receives signals; handle them there and post a message to the worker',
    )
  }
}

function checkName(signal: string): void {
  if (signal in constants.signals || (process.platform === 'win32' && ON_WINDOWS.has(signal))) return
  throw new SignalNotSupportedError(`${String(signal)} is no signal of this system; names look like 'SIGTERM'`)
}
